/* proto/magic.c — see magic.h. */
#include "proto/magic.h"

#include "base/compiler.h"
#include "base/rd.h"

static const struct {
	const char *bytes;
	uint8_t n;
	bool is_file;
	const char *name;
} kinds[] = {
	{ "\x7f" "ELF", 4, true, "elf" },
	{ "PK\x03\x04", 4, true, "zip" },
	{ "PK\x05\x06", 4, true, "zip" },
	{ "PK\x07\x08", 4, true, "zip" },
	{ "\x1f\x8b\x08", 3, true, "gzip" },
	{ "%PDF-", 5, true, "pdf" },
	{ "\x89PNG\r\n\x1a\n", 8, false, "png" },
	{ "\xff\xd8\xff", 3, false, "jpeg" },
	{ "GIF87a", 6, false, "gif" },
	{ "GIF89a", 6, false, "gif" },
	{ "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, true, "ole" },
	{ "Rar!\x1a\x07", 6, true, "rar" },
	{ "7z\xbc\xaf\x27\x1c", 6, true, "7z" },
	{ "SQLite format 3", 16, true, "sqlite" },
	{ "\xca\xfe\xba\xbe", 4, true, "java" },
	{ "\xac\xed\x00\x05", 4, true, "java" },
	{ "#!", 2, true, "script" },
};

static const char data[] = "data";

/* Tags a page begins with, behind white space. */
static const char *const tags[] = {
	"<!doctype html", "<html", "<head", "<script", "<body", "<title", "<iframe", "<table", "<style", "<div", "<meta", "<h1",
	"<!--", "<p>", "<a ", "<br", "<font"
};

static bool begins_nocase(struct sk_span s, const char *t)
{
	size_t n = strlen(t);

	return s.n >= n && sk_span_is_nocase(sk_span_sub(s, 0, n), sk_span(t, n));
}

/* MZ, and where the new header is within sight, its signature. */
static bool is_pe(struct sk_span s)
{
	struct sk_rd r = sk_rd(s);
	uint32_t at;

	if (s.n < 2 || s.p[0] != 'M' || s.p[1] != 'Z')
		return false;
	sk_rd_skip(&r, 60);
	at = sk_rd_u32le(&r);
	if (!sk_rd_ok(&r))
		return true;
	if (at > s.n - 4)
		return at < 0x10000;
	return s.p[at] == 'P' || s.p[at] == 'N' || s.p[at] == 'L';
}

static const char *text_kind(struct sk_span s)
{
	size_t i = 0;

	if (s.n >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0)
		i = 3;
	while (i < s.n && (s.p[i] == ' ' || (s.p[i] >= '\t' && s.p[i] <= '\r')))
		i++;
	s = sk_span_sub(s, i, s.n);
	if (s.n == 0 || (s.p[0] != '<' && s.p[0] != '@'))
		return data;
	if (begins_nocase(s, "<?xml"))
		return "xml";
	if (begins_nocase(s, "<?php") || begins_nocase(s, "<%@") || begins_nocase(s, "@echo off"))
		return "script";
	for (i = 0; i < SK_ARRAY_LEN(tags); i++)
		if (begins_nocase(s, tags[i]))
			return "html";
	return data;
}

const char *sk_magic(struct sk_span first)
{
	if (is_pe(first))
		return "pe";
	for (size_t i = 0; i < SK_ARRAY_LEN(kinds); i++)
		if (first.n >= kinds[i].n && first.p[0] == (uint8_t)kinds[i].bytes[0] && memcmp(first.p, kinds[i].bytes, kinds[i].n) == 0)
			return kinds[i].name;
	return text_kind(first);
}

bool sk_magic_is_file(const char *magic)
{
	if (magic == data)
		return false;
	if (strcmp(magic, "pe") == 0)
		return true;
	for (size_t i = 0; i < SK_ARRAY_LEN(kinds); i++)
		if (strcmp(magic, kinds[i].name) == 0)
			return kinds[i].is_file;
	return false;
}
