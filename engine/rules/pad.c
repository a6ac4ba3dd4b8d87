/* rules/pad.c — see pad.h. */
#include "rules/pad.h"

#include <string.h>

#define PADS 24u

/* Is it one literal, as sk_atom_expression writes it? Those are searched by another routine, which is right. */
static bool is_literal(const char *text)
{
	while (text[0] == '\\' && text[1] == 'x' && text[2] && text[3])
		text += 4;
	return *text == 0;
}

hs_error_t sk_pad_compile(const char *const *texts, const unsigned *flags, const unsigned *ids, unsigned cnt, unsigned mode,
			  hs_database_t **db, hs_compile_error_t **error)
{
	const char *t[2 * PADS];
	unsigned f[2 * PADS], id[2 * PADS];
	/* eight bytes that are no UTF-8, no ASCII, and differ in the first ones */
	char pads[PADS][40];

	if (cnt >= PADS || cnt == 0 || (cnt == 1 && is_literal(texts[0])))
		return hs_compile_multi(texts, flags, ids, cnt, mode, NULL, db, error);
	for (unsigned i = 0; i < cnt; i++) {
		t[i] = texts[i];
		f[i] = flags[i];
		id[i] = ids[i];
	}
	for (unsigned i = 0; i < PADS; i++) {
		snprintf(pads[i], sizeof(pads[i]), "\\x%02x\\xf5\\xfe\\x%02x\\xfb\\x%02x\\xfd\\xf8", 0x80 + i, 0x80 + i * 7 % 127, 0x80 + i * 13 % 127);
		t[cnt + i] = pads[i];
		f[cnt + i] = HS_FLAG_SINGLEMATCH;
		id[cnt + i] = SK_PAD_ID;
	}
	return hs_compile_multi(t, f, id, cnt + PADS, mode, NULL, db, error);
}
