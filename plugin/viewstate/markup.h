/* viewstate/markup.h — finds attributes in markup and takes character references off their values.
 *
 * in       text of any kind; it need not be well-formed
 * out      spans of it; unescaped bytes go where the caller says
 * source   XML 1.0 2.3 and 4.1; HttpUtility.HtmlDecode for references in ASP.NET markup
 * limits   named references but the five of XML are left as they are
 */
#ifndef VIEWSTATE_MARKUP_H
#define VIEWSTATE_MARKUP_H

#include <sekisho/span.h>

/* The next attribute of this name (no case, any namespace prefix) with its raw value, quoted or bare, or the text of an element
 * of this name. *text goes on behind it. False when there is no more; a value whose end is missing goes to the end of text. */
bool markup_attribute(struct sk_span *text, const char *name, struct sk_span *value);

/* Bytes written to out, at most room; references that stand for bytes above 127 become UTF-8. */
size_t markup_unescape(struct sk_span s, uint8_t *out, size_t room);

#endif
