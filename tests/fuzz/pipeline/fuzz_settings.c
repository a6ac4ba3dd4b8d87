/* tests/fuzz/pipeline/fuzz_settings.c — any text as sekisho.yaml and as --set arguments.
 *
 * in       lines that begin with "set " are arguments of --set, in order; the others are the file
 * out      aborts when a mistake is not told, or when the configuration as it is shown does not read back to the same
 */
#include <string.h>

#include "../fuzz_file.h"
#include "pipeline/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static char *shown(const struct sk_settings *s)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	must(f);
	sk_settings_dump(s, f);
	fclose(f);
	return text;
}

/* What --dump-config writes is a configuration, and the same one. */
static void read_back(const struct sk_settings *s)
{
	static struct fuzz_file file;
	struct sk_settings again;
	struct sk_error e;
	char *text = shown(s), *second;

	must(sk_settings_init(&again) == 0);
	if (sk_settings_load(&again, fuzz_file(&file, text, strlen(text)), &e) < 0) {
		fprintf(stderr, "%d: %s\n%s", e.line, e.text, text);
		abort();
	}
	second = shown(&again);
	if (strcmp(text, second) != 0) {
		fprintf(stderr, "%s---\n%s", text, second);
		abort();
	}
	sk_settings_fini(&again);
	free(second);
	free(text);
}

/* Takes the "set " lines out of text; they are put behind each other as strings into args, zeroed. What is left. */
static size_t divide(char *text, size_t n, char *args)
{
	size_t kept = 0;

	for (size_t i = 0; i < n;) {
		char *end = memchr(text + i, '\n', n - i);
		size_t len = end ? (size_t)(end - text) - i + 1 : n - i;

		if (len > 4 && memcmp(text + i, "set ", 4) == 0) {
			memcpy(args, text + i + 4, len - 4);
			args += len - 4;
			args[-1] = args[-1] == '\n' ? ' ' : args[-1];	/* never an empty one */
			args++;
		} else {
			memmove(text + kept, text + i, len);
			kept += len;
		}
		i += len;
	}
	return kept;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_file file;
	static char text[8193], args[8193 * 2];
	struct sk_settings s;
	struct sk_error e;
	bool good;
	size_t n;

	if (size == 0 || size > 8192)
		return 0;
	memcpy(text, data, size);
	memset(args, 0, sizeof(args));
	n = divide(text, size, args);
	must(sk_settings_init(&s) == 0);
	e.text[0] = 0;
	good = n == 0 || sk_settings_load(&s, fuzz_file(&file, text, n), &e) == 0;
	must(good || e.text[0]);
	for (char *a = args; good && *a; a += strlen(a) + 1) {
		e.text[0] = 0;
		must(sk_settings_set(&s, a, &e) == 0 || e.text[0]);
	}
	if (good)
		read_back(&s);
	sk_settings_fini(&s);
	return 0;
}
