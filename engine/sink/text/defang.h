/* sink/text/defang.h — names and addresses written so that nothing makes a link of them: example[.]org, hxxp://.
 *
 * memory   the names point into the alert
 * limits   at most SK_DEFANG_MAX names; only names and addresses the alert knows and hosts of URLs are touched, so that
 *          versions, file names and paths stay as they are
 */
#ifndef SK_SINK_TEXT_DEFANG_H
#define SK_SINK_TEXT_DEFANG_H

#include "alert/alert.h"

#define SK_DEFANG_MAX 64u

struct sk_defang {
	struct sk_span names[SK_DEFANG_MAX];
	char addrs[SK_DEFANG_MAX][48];	/* room for the texts of addresses */
	size_t cnt;
};

/* Collects names and global addresses of the alert and its members. */
void sk_defang_init(struct sk_defang *d, const struct sk_alert *a);
/* Appends text with them defanged. */
void sk_defang_text(const struct sk_defang *d, struct sk_buf *out, struct sk_span text);
/* Appends an address, defanged unless it is local (RFC 1918, 3927, 4193, 4291, 6598). */
void sk_defang_addr(struct sk_buf *out, const struct sk_addr *a);

#endif
