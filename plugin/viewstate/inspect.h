/* viewstate/inspect.h — what a decoded view state would make the server do: its root class and the gadget, if there is one.
 *
 * in       view state after base64
 * out      struct inspection
 * memory   nested encodings are decoded into blocks from the allocator given, freed before return; at most
 *          INSPECT_BUDGET bytes in all
 * source   gadget classes: generators of ysoserial.net (pwntester) and ysonet (irsdl), by class and member names
 * limits   nesting of encodings INSPECT_DEPTH_MAX; out of one gzip'd text 1 MiB is read as an object, 7 MiB more are searched for
 *          gadgets' names; of an object that cannot be read to its end the next 256 KiB are. A gadget list is never complete: an
 *          unknown class is told as such
 */
#ifndef VIEWSTATE_INSPECT_H
#define VIEWSTATE_INSPECT_H

#include <sekisho/span.h>

#define INSPECT_DEPTH_MAX 4
#define INSPECT_BUDGET (16u << 20)
#define INSPECT_CLASSES_MAX 16
#define INSPECT_NAME_MAX 255

enum inspect_format { VIEWSTATE_BROKEN, VIEWSTATE_ENCRYPTED, VIEWSTATE_UNSIGNED, VIEWSTATE_SIGNED, VIEWSTATE_TRAILING };
enum inspect_verdict { VERDICT_NONE, VERDICT_HARMLESS, VERDICT_UNKNOWN, VERDICT_GADGET };

extern const char *const inspect_format_names[], *const inspect_verdict_names[];	/* by enum value */

struct inspect_name {
	uint16_t n;
	char text[INSPECT_NAME_MAX];
};

struct inspection {
	enum inspect_format format;
	enum inspect_verdict verdict;
	const char *gadget;			/* static, or NULL */
	struct inspect_name root_class, library;	/* of the first serialised object; n 0: none */
	struct inspect_name classes[INSPECT_CLASSES_MAX];
	unsigned class_cnt;
	uint8_t root_token;
	uint32_t blobs;				/* serialised objects, all depths */
	unsigned nested;			/* encodings around the deepest object */
	uint32_t mac_len;			/* with SIGNED */
	size_t size;				/* decoded bytes */
	struct inspect_name data_type;		/* of a DataSet's schema: the first generic one, else the first; n 0: none */
	bool generic;				/* data_type is a generic type */
};

struct inspect_alloc {
	void *(*alloc)(void *cx, size_t n);
	void (*free)(void *cx, void *p);
	void *cx;
};

/* encrypted_flag: the request carries __VIEWSTATEENCRYPTED. */
void inspect_viewstate(struct sk_span decoded, bool encrypted_flag, const struct inspect_alloc *mem, struct inspection *out);

/* The same for a serialised object by itself, bare or in gzip: everything of out but format, root_token and mac_len. */
void inspect_stream(struct sk_span decoded, const struct inspect_alloc *mem, struct inspection *out);

/* Base64 as Convert.FromBase64String takes it: blanks, tabs and line ends anywhere, padding optional; stops at the first other byte.
 * out needs room for text.n / 4 * 3 + 3 bytes. Bytes written; *clean: all of text was base64. */
size_t inspect_base64(struct sk_span text, uint8_t *out, bool *clean);

/* The gadget of a class, member or text; NULL when there is none. */
const char *gadget_of_class(struct sk_span name);
const char *gadget_of_member(struct sk_span name);
const char *gadget_of_text(struct sk_span text);
/* Any of them anywhere, for bytes that could not be read in order. */
const char *gadget_of_bytes(struct sk_span bytes);
/* Classes that ordinary controls store and that cannot do harm. */
bool class_is_harmless(struct sk_span name);

#endif
