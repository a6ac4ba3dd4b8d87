/* proto/magic.h — the kind of a file by its first bytes.
 *
 * in       the first SK_MAGIC_BYTES (or all, when it is shorter)
 * out      one of the names the field file.magic lists; "data" where nothing fits
 * memory   static
 * threads  pure
 * source   the formats' own specifications: PE/COFF 3.1, ELF gABI 4, APPNOTE 4.3.7, RFC 1952 2.3.1, ISO 32000 7.5.2, PNG 5.2,
 *          ITU T.81 B.1.1.3, GIF89a 17, MS-CFB 2.2, RAR 5.0, 7zFormat.txt, SQLite file format 1.3, JVMS 4.1,
 *          WHATWG MIME Sniffing 7.1 (HTML)
 * limits   a guess: polyglots are what they begin with
 */
#ifndef SK_PROTO_MAGIC_H
#define SK_PROTO_MAGIC_H

#include <stdbool.h>

#include <sekisho/span.h>

#define SK_MAGIC_BYTES 256

const char *sk_magic(struct sk_span first);

/* True for kinds that travel as files: programs, archives, documents, databases; not for pictures, pages and data. */
bool sk_magic_is_file(const char *magic);

#endif
