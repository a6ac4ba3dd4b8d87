/* main/oddities.h — the names that packet.oddity, stream.oddity and their like may carry.
 *
 * what     one list over the tables of decode/, flow/, reassembly/, classify/, app/ and proto/; doc/rules.md has a copy
 * memory   static
 */
#ifndef SK_MAIN_ODDITIES_H
#define SK_MAIN_ODDITIES_H

#include <stdio.h>

/* A Markdown table per kind: name, what it means, source. */
void sk_oddities_print(FILE *out);

#endif
