/* rules/print.h — inside of rules/: conditions as text. */
#ifndef SK_RULES_PRINT_H
#define SK_RULES_PRINT_H

#include <stdio.h>

#include "rules/ruleset.h"

/* "path: {contains: /_layouts/, nocase: true}", without newline. */
void sk_print_test(const struct sk_ruleset *s, const struct sk_test *t, FILE *out);

#endif
