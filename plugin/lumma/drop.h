/* lumma/drop.h — dead drops: a page whose title is the name of a server with its letters moved by fifteen.
 *
 * in       bytes of a page in any pieces
 * out      the title and the name
 * memory   a value of fixed size: the last DROP_BACK bytes
 * source   public analyses of Lumma 6 (2025): persona of a Steam profile or title of a Telegram channel, Caesar shift of 15 on a-z
 * limits   titles over DROP_NAME_MAX bytes are passed over; a name must end in one of the endings seen with Lumma or widely used
 */
#ifndef LUMMA_DROP_H
#define LUMMA_DROP_H

#include <sekisho/span.h>

#define DROP_NAME_MAX 100u
#define DROP_BACK 192u			/* a marker and a title fit */

struct drop {
	uint32_t n;
	uint8_t back[DROP_BACK];
	uint32_t title_n;
	char title[DROP_NAME_MAX], name[DROP_NAME_MAX];	/* both title_n bytes; not ended by 0 */
};

/* True when a title in what has come so far is a name: title and name are set. */
bool drop_push(struct drop *d, struct sk_span piece);

/* The name behind a title, to name (title.n bytes); false when it is none. */
bool drop_decode(struct sk_span title, char *name);

#endif
