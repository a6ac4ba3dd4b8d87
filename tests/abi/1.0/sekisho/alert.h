/* sekisho/alert.h — what a plugin hands over when it has found something.
 *
 * memory   everything is borrowed by the host during the call and copied
 * limits   at most SK_EVIDENCE_MAX pieces of evidence; longer values are cut at a cap and marked
 */
#ifndef SEKISHO_ALERT_H
#define SEKISHO_ALERT_H

#include <sekisho/span.h>

#define SK_EVIDENCE_MAX 16u

enum {
	SK_SEVERITY_INFO = 1,
	SK_SEVERITY_LOW,
	SK_SEVERITY_MEDIUM,
	SK_SEVERITY_HIGH,
	SK_SEVERITY_CRITICAL
};

struct sk_evidence {
	const char *field;		/* full field name, e.g. "http.form.value" */
	struct sk_span value;		/* bytes to show: the match and some context */
	uint64_t offset;		/* of value in the field */
	uint32_t length;		/* length of what matched, 0 for all of value */
	uint32_t start;			/* of what matched, in value; the bytes before it are context */
	const char *note;		/* decoded view or remark, static or NULL; e.g. the gadget's name */
};

/* A plugin's own alert. Rules over published events are the usual way; this is for findings no field can hold. */
struct sk_finding {
	uint32_t size;			/* sizeof(struct sk_finding) at build */
	uint32_t evidence_size;		/* sizeof(struct sk_evidence) at build; SK_FINDING of plugin.h fills in both */
	uint32_t severity;		/* SK_SEVERITY_* */
	uint32_t confidence;		/* 0 to 100 */
	uint32_t evidence_cnt;
	uint32_t pad;
	const char *id;			/* "<plugin>.<finding>", static */
	const char *title;		/* static */
	const char *reason;		/* one English sentence */
	const struct sk_evidence *evidence;
};

#endif
