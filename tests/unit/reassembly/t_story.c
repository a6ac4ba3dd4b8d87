/* tests/unit/reassembly/t_story.c — one conversation per trick, and the reading a correct engine gives. */
#include "dsl.h"

#define EST SK_FLOW_ESTABLISHED

static const struct story order[] = {
	{ "in order, both ways", "GET$", "200 OK$", "", SK_FLOW_CLOSED, .segs = { HELLO, { 'c', "PA", 1, 1, "GET" }, { 's', "A", 1, 4 },
	  { 's', "PA", 1, 4, "200 " }, { 's', "PA", 5, 4, "OK" }, { 'c', "A", 4, 7 }, { 'c', "FA", 4, 7 }, { 's', "FA", 7, 5 },
	  { 'c', "A", 5, 8 } } },
	{ "swapped", "abcdef$", "$", "", EST, .segs = { HELLO, { 'c', "A", 4, 1, "def" }, { 'c', "A", 1, 1, "abc" } } },
	{ "many early ones", "abcdef$", "$", "", EST, .segs = { HELLO, { 'c', "A", 5, 1, "e" }, { 'c', "A", 3, 1, "c" },
	  { 'c', "A", 6, 1, "f" }, { 'c', "A", 2, 1, "b" }, { 'c', "A", 4, 1, "d" }, { 'c', "A", 1, 1, "a" } } },
	{ "repeated whole", "abcdef$", "$", "", EST, .segs = { HELLO, { 'c', "A", 1, 1, "abc" }, { 'c', "A", 1, 1, "abc" },
	  { 's', "A", 1, 4 }, { 'c', "A", 1, 1, "abc" }, { 'c', "A", 4, 1, "def" } } },
	{ "repeated with more", "abcdef$", "$", "", EST, .segs = { HELLO, { 'c', "A", 1, 1, "abc" }, { 'c', "A", 1, 1, "abcdef" } } },
	{ "keepalive", "abcdef$", "$", "", EST, .segs = { HELLO, { 'c', "A", 1, 1, "abc" }, { 's', "A", 1, 4 }, { 'c', "A", 3, 1 },
	  { 's', "A", 1, 4 }, { 'c', "A", 3, 1, "c" }, { 's', "A", 1, 4 }, { 'c', "A", 4, 1, "def" } } },
	{ "every packet twice", "GET$", "200$", "", SK_FLOW_CLOSED, .segs = { { 'c', "S" }, { 'c', "S" }, { 's', "SA", 0, 1 },
	  { 's', "SA", 0, 1 }, { 'c', "A", 1, 1 }, { 'c', "A", 1, 1 }, { 'c', "PA", 1, 1, "GET" }, { 'c', "PA", 1, 1, "GET" },
	  { 's', "PA", 1, 4, "200" }, { 's', "PA", 1, 4, "200" }, { 'c', "FA", 4, 4 }, { 'c', "FA", 4, 4 }, { 's', "FA", 4, 5 },
	  { 's', "FA", 4, 5 }, { 'c', "A", 5, 5 }, { 'c', "A", 5, 5 } } },
	{ "every packet twice, late", "GET$", "200$", "", SK_FLOW_CLOSED, .segs = { { 'c', "S" }, { 's', "SA", 0, 1 }, { 'c', "S" },
	  { 'c', "A", 1, 1 }, { 's', "SA", 0, 1 }, { 'c', "PA", 1, 1, "GET" }, { 'c', "A", 1, 1 }, { 's', "PA", 1, 4, "200" },
	  { 'c', "PA", 1, 1, "GET" }, { 'c', "FA", 4, 4 }, { 's', "PA", 1, 4, "200" }, { 's', "FA", 4, 5 }, { 'c', "FA", 4, 4 },
	  { 'c', "A", 5, 5 }, { 's', "FA", 4, 5 }, { 'c', "A", 5, 5 } } },
};

static const struct story overlap[] = {
	{ "repeated with other bytes before the ACK", "abc$", "$", "overlap_different_data", EST, .segs = { HELLO,
	  { 'c', "A", 1, 1, "abc" }, { 'c', "A", 1, 1, "abX" } } },
	{ "repeated after the ACK: nobody takes it", "abc$", "$", "", EST, .segs = { HELLO, { 'c', "A", 1, 1, "abc" },
	  { 's', "A", 1, 4 }, { 'c', "A", 1, 1, "abX" } } },
	{ "waiting bytes, first", "XabcY$", NULL, "overlap_different_data", EST, SK_POLICY_FIRST, .segs = { HELLO,
	  { 'c', "A", 2, 1, "abc" }, { 'c', "A", 1, 1, "XQQQY" } } },
	{ "waiting bytes, bsd: who begins before wins", "XQQQY$", NULL, "overlap_different_data", EST, SK_POLICY_BSD, .segs = { HELLO,
	  { 'c', "A", 2, 1, "abc" }, { 'c', "A", 1, 1, "XQQQY" } } },
	{ "waiting bytes, solaris: shorter loses", "XQbc$", NULL, "overlap_different_data", EST, SK_POLICY_SOLARIS, .segs = { HELLO,
	  { 'c', "A", 3, 1, "bc" }, { 'c', "A", 1, 1, "XQQ" } } },
	{ "waiting bytes, last, in the middle", "0aQQd$", NULL, "overlap_different_data", EST, SK_POLICY_LAST, .segs = { HELLO,
	  { 'c', "A", 2, 1, "abcd" }, { 'c', "A", 3, 1, "QQ" }, { 'c', "A", 1, 1, "0" } } },
	{ "same bytes overlap in silence", "abcdef$", NULL, "", EST, .segs = { HELLO, { 'c', "A", 3, 1, "cde" },
	  { 'c', "A", 2, 1, "bcdef" }, { 'c', "A", 1, 1, "abc" } } },
};

static const struct story gaps[] = {
	{ "acknowledged and more follows", "abc[3]ghi$", "$", "gap", EST, .segs = { HELLO, { 'c', "A", 1, 1, "abc" },
	  { 'c', "A", 7, 1, "ghi" }, { 's', "A", 1, 10 }, { 's', "A", 1, 10 } } },
	{ "the answer comes before the question is given up", "[3]$", "ok$", "gap", EST, .segs = { HELLO, { 's', "A", 1, 4, "ok" } } },
	{ "an ACK overtakes its data", "abc$", "$", "", EST, .segs = { HELLO, { 's', "A", 1, 4 }, { 'c', "A", 1, 1, "abc" } } },
	{ "ACKs overtake data for a while", "abcdef$", "$", "", EST, .segs = { HELLO, { 's', "A", 1, 4 }, { 's', "A", 1, 7 },
	  { 'c', "A", 1, 1, "abc" }, { 'c', "A", 4, 1, "def" } } },
	{ "an ACK waits long enough", "[3]$", "$", "gap", EST, .segs = { HELLO, { 's', "A", 1, 4 }, { 's', "A", 1, 4, .after_ms = 60 } } },
	{ "a hole nobody acknowledged, at the end", "abc[3]ghi$", "$", "", EST, .segs = { HELLO, { 'c', "A", 1, 1, "abc" },
	  { 'c', "A", 7, 1, "ghi" } } },
	{ "acknowledged, never seen, at the end", "abc[4]$", "$", "", EST, .segs = { HELLO, { 'c', "A", 1, 1, "abc" }, { 's', "A", 1, 8 } } },
	{ "a FIN that was not captured is no gap", "abc$", "ok$", "", EST, .segs = { HELLO, { 'c', "A", 1, 1, "abc" },
	  { 's', "A", 1, 5, "ok" }, { 's', "A", 3, 5, .after_ms = 100 } } },
	{ "… but a byte is, when more follows", "abc[1]efg$", "ok$", "gap", EST, .segs = { HELLO, { 'c', "A", 1, 1, "abc" },
	  { 's', "A", 1, 5, "ok" }, { 'c', "A", 5, 3, "efg" }, { 's', "A", 3, 8 } } },
	{ "cut by the snap length", "abc[5]ij[1]$", "$", "", EST, .segs = { HELLO, { 'c', "A", 1, 1, "abc", .cut = 5 },
	  { 'c', "A", 9, 1, "ij", .cut = 1 } } },
	{ "cut, early", "abc[5]ij[1]$", "$", "", EST, .segs = { HELLO, { 'c', "A", 9, 1, "ij", .cut = 1 },
	  { 'c', "A", 1, 1, "abc", .cut = 5 } } },
	{ "cut, then repeated whole", "abcdefgh$", "$", "", EST, .segs = { HELLO, { 'c', "A", 4, 1, "d", .cut = 4 },
	  { 'c', "A", 4, 1, "defgh" }, { 'c', "A", 1, 1, "abc" } } },
	{ "an ACK far out leads nowhere", "abcd$", "$", "ack_beyond_data", EST, .segs = { HELLO, { 'c', "A", 1, 1, "ab" }, { 's', "A", 1, 700000 },
	  { 'c', "A", 3, 1, "cd" }, { 's', "A", 1, 5 } } },
	{ "an ACK of bytes that were not captured is none", "ab[100]$", "$", "gap", EST, .segs = { HELLO, { 'c', "A", 1, 1, "ab" },
	  { 's', "A", 1, 103 }, { 's', "A", 1, 103, .after_ms = 100 } } },
	{ "a second ACK far out leads on", "abc[500000]xyz$", "$", "out_of_window ack_beyond_data gap", EST, .segs = { HELLO, { 'c', "A", 1, 1, "abc" },
	  { 's', "A", 1, 4 }, { 'c', "A", 500004, 1, "xyz" }, { 's', "A", 1, 500007 }, { 's', "A", 1, 500007, .after_ms = 100 },
	  { 'c', "A", 500004, 1, "xyz" }, { 's', "A", 1, 500007, .after_ms = 100 } } },
};

static const struct story handshakes[] = {
	{ "no SYN-ACK, no answer", "$", "$", "", SK_FLOW_NEW, .segs = { { 'c', "S" }, { 'c', "S" } } },
	{ "refused", "$", "$", "", SK_FLOW_RESET, .segs = { { 'c', "S" }, { 's', "RA", 0, 1 } } },
	{ "refused, tried again with the same number", "GET$", "$", "", EST, .segs = { { 'c', "S" }, { 's', "RA", 0, 1 }, { 'c', "S" },
	  { 's', "SA", 0, 1 }, { 'c', "A", 1, 1 }, { 'c', "A", 1, 1, "GET" } } },
	{ "refused by a forged reset", "GET$", "$", "suspected_rst_injection", EST, .segs = { { 'c', "S" }, { 's', "RA", 0, 0 },
	  { 's', "SA", 0, 1 }, { 'c', "A", 1, 1 }, { 'c', "A", 1, 1, "GET" } } },
	{ "data on SYN, taken", "GET /$", "200$", "", EST, .segs = { { 'c', "S", 0, 0, "GET" }, { 's', "SA", 0, 4 }, { 's', "A", 1, 4, "200" },
	  { 'c', "A", 4, 4 }, { 'c', "A", 4, 4, " /" } } },
	{ "data on SYN, ignored and sent again", "GET /$", "$", "", EST, .segs = { { 'c', "S", 0, 0, "GET" }, { 's', "SA", 0, 1 },
	  { 'c', "A", 1, 1 }, { 'c', "A", 1, 1, "GET /" } } },
	{ "data on SYN, ignored, others sent", "PUT /$", "$", "overlap_different_data", EST, .segs = { { 'c', "S", 0, 0, "GET" },
	  { 's', "SA", 0, 1 }, { 'c', "A", 1, 1 }, { 'c', "A", 1, 1, "PUT /" } } },
	{ "data on SYN, half taken", "GET /$", "$", "", EST, .segs = { { 'c', "S", 0, 0, "GET" }, { 's', "SA", 0, 2 },
	  { 'c', "A", 2, 1 }, { 'c', "A", 2, 1, "ET /" } } },
	{ "data on SYN, other direction not seen", "GET /$", "$", "", EST, .segs = { { 'c', "S", 0, 0, "GET" }, { 'c', "A", 4, 1, " /" } } },
	{ "five-way", "EVIL$", "$", "split_handshake", EST, .segs = { { 'c', "S" }, { 's', "A", -5000, 1 }, { 's', "S" }, { 'c', "SA", 0, 1 },
	  { 's', "A", 1, 1 }, { 'c', "A", 1, 1, "EVIL" }, { 's', "A", 1, 5 } } },
	{ "four-way", "EVIL$", "ok$", "split_handshake", EST, .segs = { { 'c', "S" }, { 's', "S" }, { 'c', "SA", 0, 1 }, { 's', "A", 1, 1 },
	  { 'c', "A", 1, 1, "EVIL" }, { 's', "A", 1, 5, "ok" } } },
	{ "simultaneous open", "ab$", "cd$", "split_handshake", EST, .segs = { { 'c', "S" }, { 's', "S" }, { 's', "SA", 0, 1 },
	  { 'c', "SA", 0, 1 }, { 'c', "A", 1, 1, "ab" }, { 's', "A", 1, 3, "cd" } } },
	{ "SYN again with another number, the last counts", "GET$", "$", "handshake_another_isn", EST, .segs = { { 'c', "S", .isn = 99 },
	  { 'c', "S" }, { 's', "SA", 0, 1 }, { 'c', "A", 1, 1 }, { 'c', "A", 1, 1, "GET" } } },
	{ "… but the SYN-ACK means the first", "GET$", "$", "handshake_another_isn", EST, .segs = { { 'c', "S" }, { 'c', "S", .isn = 99 },
	  { 's', "SA", 0, 1 }, { 'c', "A", 1, 1 }, { 'c', "A", 1, 1, "GET" } } },
	{ "several SYN-ACKs, the client chooses the second", "GET$", "ok$", "handshake_another_isn handshake_another_isn", EST,
	  .segs = { { 'c', "S" }, { 's', "SA", 0, 1, .isn = 50 }, { 's', "SA", 0, 1 }, { 's', "SA", 0, 1, .isn = 70000 },
	  { 'c', "A", 1, 1, "GET" }, { 's', "A", 1, 4, "ok" } } },
	{ "a SYN-ACK for somebody else", "GET$", "ok$", "handshake_bad_ack", EST, .segs = { { 'c', "S" }, { 's', "SA", 0, 12345, .isn = 50 },
	  { 's', "SA", 0, 1 }, { 'c', "A", 1, 1, "GET" }, { 's', "A", 1, 4, "ok" } } },
	{ "SYN-ACK not captured", "GET$", "ok$", "", EST, .segs = { { 'c', "S" }, { 'c', "A", 1, 1 }, { 'c', "A", 1, 1, "GET" },
	  { 's', "A", 1, 4, "ok" } } },
	{ "SYN not captured", "GET$", "ok$", "", EST, .segs = { { 's', "SA", 0, 1 }, { 'c', "A", 1, 1 }, { 'c', "A", 1, 1, "GET" },
	  { 's', "A", 1, 4, "ok" } } },
	{ "a SYN in the open connection", "GET /$", "$", "syn_in_stream", EST, .segs = { HELLO, { 'c', "A", 1, 1, "GET" },
	  { 's', "A", 1, 4 }, { 'c', "S", .isn = 99 }, { 'c', "A", 4, 1, " /" } } },
	{ "ports used again after the end", "a$/b$", "$/$", "", EST, .segs = { HELLO, { 'c', "FA", 1, 1, "a" }, { 's', "FA", 1, 3 },
	  { 'c', "A", 3, 2 }, { 'c', "S", .isn = 5000 }, { 's', "SA", 0, 5001 + 6, .isn = 9000 }, { 'c', "A", 1, 9001 - 7000, .isn = 5000 },
	  { 'c', "A", 1, 9001 - 7000, "b", .isn = 5000 } } },
	{ "ports used again, the end not captured", "a$/b$", "$/$", "syn_in_stream", EST, .segs = { HELLO, { 'c', "A", 1, 1, "a" },
	  { 's', "A", 1, 2 }, { 'c', "S", .isn = 5000 }, { 's', "SA", 0, 5001 + 6, .isn = 9000 },
	  { 'c', "A", 1, 9001 - 7000, .isn = 5000 }, { 'c', "A", 1, 9001 - 7000, "b", .isn = 5000 } } },
	{ "answer with a timestamp that echoes nothing (Linux)", "GET$", "$", "invalid_timestamp invalid_timestamp", EST, .segs = {
	  { 'c', "S", .ts = 1821165629 }, { 's', "RA", 0, 1, .ts = 100, .ecr = 100 }, { 's', "FA", 0, 1, .ts = 100, .ecr = 100 },
	  { 'c', "R", 1 }, { 's', "SA", 0, 1, .ts = 9, .ecr = 1821165629 }, { 'c', "A", 1, 1, .ts = 1821165693, .ecr = 9 },
	  { 'c', "A", 1, 1, "GET", .ts = 1821165693, .ecr = 9 } } },
	{ "answer with a timestamp nobody offered (Windows)", "GET$", "$", "invalid_timestamp", EST, .segs = { { 'c', "S" },
	  { 's', "RA", 0, 1, .ts = 100, .ecr = 100 }, { 's', "SA", 0, 1 }, { 'c', "A", 1, 1 }, { 'c', "A", 1, 1, "GET" } } },
};

static const struct story midstream[] = {
	{ "picked up at data", "GET$", "ok$", "", EST, .segs = { { 'c', "A", 100, 500, "GET" }, { 's', "A", 500, 103, "ok" } } },
	{ "picked up at an ACK, bytes in flight", "$", "def$", "", EST, .segs = { { 'c', "A", 100, 500 }, { 's', "A", 800, 100, "def" },
	  { 'c', "A", 100, 803 } } },
	{ "not wanted", "", "", "", SK_FLOW_NEW, .no_midstream = true, .segs = { { 'c', "A", 100, 500, "GET" },
	  { 's', "A", 500, 103, "ok" } } },
	{ "not wanted, but then it begins", "GET$", "$", "", EST, .no_midstream = true, .segs = { { 'c', "A", 100, 500, "old" }, HELLO,
	  { 'c', "A", 1, 1, "GET" } } },
	{ "a lone segment and a reset are no connection", "evil$", "$", "", SK_FLOW_RESET, .segs = { { 'c', "PA", 1, 1, "evil" },
	  { 's', "R", 1 }, { 'c', "PA", 1, 1, "evil" }, { 's', "R", 1 } } },
	{ "server only, with SYN-ACK", "$", "uid=0$", "", SK_FLOW_CLOSED, .segs = { { 's', "SA", 0, 1 }, { 's', "A", 1, 80 },
	  { 's', "PA", 1, 80, "uid=0" }, { 's', "FA", 6, 81 } } },
	{ "client only, in the middle, ACKs go on", "abcd$", "$", "", EST, .segs = { { 'c', "A", 100, 500, "ab" },
	  { 'c', "A", 102, 700, "cd" } } },
	{ "client only, with a hole", "ab[2]ef$", "$", "", SK_FLOW_ESTABLISHED, .segs = { { 'c', "S" }, { 'c', "A", 1, 1, "ab" },
	  { 'c', "A", 5, 1, "ef" } } },
};

static const struct story endings[] = {
	{ "reset, bytes not acknowledged are read", "$", "Let Me In$", "", SK_FLOW_RESET, .segs = { HELLO, { 's', "PA", 1, 1, "Let " },
	  { 's', "PA", 5, 1, "Me In" }, { 'c', "R", 1, 0 } } },
	{ "reset, bytes behind a hole are read, none counted lost", "$", "Let[4]Me In$", "", SK_FLOW_RESET, .segs = { HELLO,
	  { 's', "PA", 1, 1, "Let" }, { 's', "PA", 8, 1, "Me In" }, { 'c', "RA", 1, 4 } } },
	{ "data in a reset is not in the stream", "$", "Let$", "data_in_rst", SK_FLOW_RESET, .segs = { HELLO, { 's', "PA", 1, 1, "Let" },
	  { 'c', "RA", 1, 4, "Access Denied" } } },
	{ "forged reset, then its sender goes on", "GET$", "$", "suspected_rst_injection", EST, .segs = { HELLO, { 'c', "RA", 1, 1 },
	  { 'c', "PA", 1, 1, "GET" }, { 's', "A", 1, 4 } } },
	{ "forged reset of the server, then it acknowledges", "GET$", "$", "suspected_rst_injection", EST, .segs = { HELLO,
	  { 's', "R", 1 }, { 'c', "PA", 1, 1, "GET" }, { 's', "A", 1, 4 } } },
	{ "reset out of the window", "GET$", "$", "suspected_rst_injection", EST, .segs = { HELLO, { 's', "R", 1000000 },
	  { 'c', "PA", 1, 1, "GET" } } },
	{ "reset with an old timestamp", "GET$", "$", "invalid_timestamp", EST, .segs = { { 'c', "S", .ts = 1000 },
	  { 's', "SA", 0, 1, .ts = 500, .ecr = 1000 }, { 'c', "A", 1, 1, .ts = 1001, .ecr = 500 }, { 'c', "RA", 1, 1, .ts = 7, .ecr = 500 },
	  { 'c', "PA", 1, 1, "GET", .ts = 1002, .ecr = 500 } } },
	{ "answer to a stale connection", "GET$", "$", "ack_beyond_data", EST, .segs = { { 'c', "S" }, { 's', "A", 900000, 700000 }, { 'c', "R", 700000 },
	  { 'c', "S" }, { 's', "SA", 0, 1 }, { 'c', "A", 1, 1 }, { 'c', "A", 1, 1, "GET" } } },
	{ "reset with a timestamp of 0", "GET$", "$", "", SK_FLOW_RESET, .segs = { { 'c', "S", .ts = 1000 },
	  { 's', "SA", 0, 1, .ts = 500, .ecr = 1000 }, { 'c', "A", 1, 1, "GET", .ts = 1001, .ecr = 500 },
	  { 's', "RA", 1, 4, .ts = 0, .ecr = 1001 } } },
	{ "late resets are no news", "GET$", "$", "", SK_FLOW_CLOSED, .segs = { HELLO, { 'c', "FA", 1, 1, "GET" }, { 's', "FA", 1, 5 },
	  { 'c', "A", 5, 2 }, { 's', "R", 1 } } },
	{ "forged end, then its sender goes on", "abcdef$", "$", "data_after_fin", EST, .segs = { HELLO, { 'c', "A", 1, 1, "abc" },
	  { 'c', "FA", 4, 1, .ttl = 64 }, { 'c', "A", 4, 1, "def" } } },
	{ "data behind an acknowledged end", "abc$", "$", "data_after_fin", EST, .segs = { HELLO, { 'c', "FA", 1, 1, "abc" },
	  { 's', "A", 1, 5 }, { 'c', "A", 4, 1, "def" } } },
	{ "end before its bytes", "abc$", "$", "", EST, .segs = { HELLO, { 'c', "FA", 4, 1 }, { 'c', "A", 1, 1, "abc" }, { 's', "A", 1, 5 } } },
	{ "ports used again after an end without data", "$/$", "$/$", "", SK_FLOW_NEW, .segs = { { 'c', "FA", 100, 500 },
	  { 's', "A", 500, 101 }, { 'c', "S", .isn = 50 } } },
	{ "half closed", "a$", "bc$", "", SK_FLOW_CLOSED, .segs = { HELLO, { 'c', "FA", 1, 1, "a" }, { 's', "A", 1, 3, "b" },
	  { 's', "A", 2, 3, "c" }, { 's', "FA", 3, 3 }, { 'c', "A", 3, 4 } } },
};

static const struct story closings[] = {
	{ "both", "a$", "b$", "", SK_FLOW_CLOSED, .closed = "cs", .segs = { HELLO, { 'c', "FA", 1, 1, "a" }, { 's', "FA", 1, 3, "b" },
	  { 'c', "A", 3, 3 } } },
	{ "both, the last acknowledgement not captured", "a$", "b$", "", SK_FLOW_CLOSED, .closed = "cs", .segs = { HELLO,
	  { 'c', "FA", 1, 1, "a" }, { 's', "FA", 1, 3, "b" } } },
	{ "the client; the capture ends", "a$", "b$", "", EST, .closed = "c", .segs = { HELLO, { 'c', "FA", 1, 1, "a" }, { 's', "A", 1, 3, "b" } } },
	{ "the server; the client goes on", "ab$", "b$", "", EST, .closed = "s", .segs = { HELLO, { 'c', "A", 1, 1, "a" },
	  { 's', "FA", 1, 2, "b" }, { 'c', "A", 2, 3, "b" }, { 's', "A", 3, 3 } } },
	{ "nobody; the capture ends", "a$", "b$", "", EST, .closed = "", .segs = { HELLO, { 'c', "A", 1, 1, "a" }, { 's', "A", 1, 2, "b" } } },
	{ "nobody: reset", "a$", "b$", "", SK_FLOW_RESET, .closed = "", .segs = { HELLO, { 'c', "A", 1, 1, "a" }, { 's', "A", 1, 2, "b" },
	  { 's', "RA", 2, 2 } } },
	{ "an end that nobody acknowledged", "a$", "$", "", EST, .closed = "c", .segs = { HELLO, { 'c', "FA", 1, 1, "a" } } },
	{ "an end its sender did not mean", "abc$", "$", "data_after_fin", EST, .closed = "", .segs = { HELLO, { 'c', "FA", 1, 1, "a" },
	  { 'c', "A", 2, 1, "bc" }, { 's', "A", 1, 4 } } },
	{ "an end its receiver drops", "a$", "$", NULL, EST, .closed = "", .segs = { { 'c', "S", .ts = 1000 }, { 's', "SA", 0, 1, .ts = 1 },
	  { 'c', "A", 1, 1, "a", .ts = 1000 }, { 'c', "FA", 2, 1, .ts = 5 }, { 's', "A", 1, 2, .ts = 2 } } },
	{ "an end behind bytes that are missing", "a[2]$", "$", NULL, EST, .closed = "c", .segs = { HELLO, { 'c', "A", 1, 1, "a" },
	  { 'c', "FA", 4, 1 }, { 's', "A", 1, 5 } } },
	{ "one side of a connection", "a$", "$", "", SK_FLOW_CLOSED, .closed = "c", .segs = { { 'c', "S" }, { 'c', "A", 1, 1, "a" },
	  { 'c', "FA", 2, 1 } } },
};

static const struct story doubtful[] = {
	{ "old timestamp (PAWS), bytes sent again", "abXYZ$", "$", "invalid_timestamp overlap_different_data", EST, .segs = { { 'c', "S", .ts = 1000 },
	  { 's', "SA", 0, 1, .ts = 500, .ecr = 1000 }, { 'c', "A", 1, 1, "ab", .ts = 1001, .ecr = 500 },
	  { 'c', "A", 3, 1, "QQQ", .ts = 900, .ecr = 500 }, { 'c', "A", 3, 1, "XYZ", .ts = 1002, .ecr = 500 } } },
	{ "old timestamp, never acknowledged", "ab$", "$", "invalid_timestamp", EST, .segs = { { 'c', "S", .ts = 1000 },
	  { 's', "SA", 0, 1, .ts = 500, .ecr = 1000 }, { 'c', "A", 1, 1, "ab", .ts = 1001, .ecr = 500 },
	  { 'c', "A", 3, 1, "QQQ", .ts = 900, .ecr = 500 }, { 's', "A", 1, 3, .ts = 501, .ecr = 1001 } } },
	{ "old timestamp, but the receiver took it", "abQQQ$", "$", "invalid_timestamp", EST, .segs = { { 'c', "S", .ts = 1000 },
	  { 's', "SA", 0, 1, .ts = 500, .ecr = 1000 }, { 'c', "A", 1, 1, "ab", .ts = 1001, .ecr = 500 },
	  { 'c', "A", 3, 1, "QQQ", .ts = 900, .ecr = 500 }, { 's', "A", 1, 6, .ts = 501, .ecr = 900 } } },
	{ "Linux forgives one tick", "abcde$", "$", "", EST, SK_POLICY_LINUX, .segs = { { 'c', "S", .ts = 1000 },
	  { 's', "SA", 0, 1, .ts = 500, .ecr = 1000 }, { 'c', "A", 1, 1, "ab", .ts = 1001, .ecr = 500 },
	  { 'c', "A", 3, 1, "cde", .ts = 1000, .ecr = 500 } } },
	{ "late copy with an old timestamp is no oddity", "abcd$", "$", "", EST, .segs = { { 'c', "S", .ts = 1000 },
	  { 's', "SA", 0, 1, .ts = 500, .ecr = 1000 }, { 'c', "A", 1, 1, "ab", .ts = 1001, .ecr = 500 },
	  { 'c', "A", 3, 1, "cd", .ts = 1009, .ecr = 500 }, { 'c', "A", 1, 1, "ab", .ts = 1001, .ecr = 500 } } },
	{ "without ACK flag", "abcd$", "$", "data_without_ack overlap_different_data", EST, .segs = { HELLO, { 'c', "A", 1, 1, "ab" },
	  { 'c', "P", 3, 0, "XY" }, { 'c', "A", 3, 1, "cd" } } },
	{ "far out of the window", "abcd$", "$", "out_of_window", EST, .segs = { HELLO, { 'c', "A", 1, 1, "ab" },
	  { 'c', "A", 900000, 1, "XY" }, { 'c', "A", 3, 1, "cd" } } },
	{ "zero window: a byte beyond it does not count", "abcd$", "$", "overlap_different_data", EST, .segs = { { 'c', "S" },
	  { 's', "SA", 0, 1, .window = 2 }, { 'c', "A", 1, 1, "ab" }, { 's', "A", 1, 3, .window = -1 }, { 'c', "A", 3, 1, "X" },
	  { 's', "A", 1, 3, .window = 100 }, { 'c', "A", 3, 1, "cd" } } },
	{ "beyond the window as we know it, but acknowledged", "abcd$", "$", "", EST, .segs = { { 'c', "S" },
	  { 's', "SA", 0, 1, .window = 2 }, { 'c', "A", 1, 1, "ab" }, { 'c', "A", 3, 1, "cd" }, { 's', "A", 1, 5 } } },
	{ "window scale", "abcd[1]Z$", "$", "", EST, .segs = { { 'c', "S", .wscale = 1 }, { 's', "SA", 0, 1, .window = 2, .wscale = 3 },
	  { 'c', "A", 1, 1, "ab" }, { 's', "A", 1, 3, .window = 1 }, { 'c', "A", 6, 1, "Z" }, { 'c', "A", 3, 1, "cd" } } },
	{ "wrong checksum: the other reading is told", "abcd$", "$", "overlap_different_data", EST, .segs = { HELLO, { 'c', "A", 1, 1, "ab" },
	  { 'c', "A", 3, 1, "XY", .packet_flags = SK_PACKET_BAD_CHECKSUM }, { 'c', "A", 3, 1, "cd" } } },
	{ "wrong checksum only in the capture: what is acknowledged counts", "abXYcd$", "$", "", EST, .segs = { HELLO, { 'c', "A", 1, 1, "ab" },
	  { 'c', "A", 3, 1, "XY", .packet_flags = SK_PACKET_BAD_CHECKSUM }, { 's', "A", 1, 5 }, { 'c', "A", 5, 1, "cd" } } },
	{ "wrong checksum, never acknowledged", "ab$", "$", "", EST, .segs = { HELLO, { 'c', "A", 1, 1, "ab" }, { 's', "A", 1, 3 },
	  { 'c', "A", 3, 1, "XY", .packet_flags = SK_PACKET_BAD_CHECKSUM } } },
	{ "low TTL waits for a better reading", "abcdef$", "$", "ttl_insertion overlap_different_data", EST, .segs = { HELLO,
	  { 'c', "A", 1, 1, "ab" }, { 'c', "A", 3, 1, "XY", .ttl = 3 }, { 'c', "A", 3, 1, "cd" }, { 'c', "A", 5, 1, "ef" } } },
	{ "low TTL, acknowledged", "abXYef$", "$", "ttl_insertion", EST, .segs = { HELLO, { 'c', "A", 1, 1, "ab" },
	  { 'c', "A", 3, 1, "XY", .ttl = 3 }, { 's', "A", 1, 5 }, { 'c', "A", 5, 1, "ef" } } },
	{ "low TTL and nothing else", "abXY$", "$", "ttl_insertion", EST, .segs = { HELLO, { 'c', "A", 1, 1, "ab" },
	  { 'c', "A", 3, 1, "XY", .ttl = 3 } } },
};

static const struct story urgent[] = {
	{ "only the last urgent byte leaves", "malicXious$", "$", "urgent_data", EST, .segs = { HELLO, { 'c', "PA", 1, 1, "malic" },
	  { 'c', "PUA", 6, 1, "XY", .urgent = 2 }, { 'c', "PA", 8, 1, "ious" } } },
	{ "the pointer leads into a later segment", "abcef$", "$", "urgent_data", EST, .segs = { HELLO, { 'c', "UA", 1, 1, "ab", .urgent = 4 },
	  { 'c', "A", 3, 1, "cdef" } } },
	{ "early urgent segment", "abd$", "$", "urgent_data", EST, .segs = { HELLO, { 'c', "UA", 3, 1, "cd", .urgent = 1 },
	  { 'c', "A", 1, 1, "ab" } } },
	{ "pointer 0 is none", "abc$", "$", "", EST, .segs = { HELLO, { 'c', "UA", 1, 1, "abc" } } },
	{ "pointer 0 is the first byte for Linux", "bc$", "$", "urgent_data", EST, SK_POLICY_LINUX, .segs = { HELLO,
	  { 'c', "UA", 1, 1, "abc" } } },
	{ "pointer without flag is nothing", "abc$", "$", "", EST, .segs = { HELLO, { 'c', "A", 1, 1, "abc", .urgent = 1 } } },
};

static void check(const struct story *s, size_t n)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < n; i++)
		wrong += !story_check(&s[i]);
	assert_int_equal(wrong, 0);
}

#define STORIES(name) \
	static void tell_##name(void **state) \
	{ \
		check(name, SK_ARRAY_LEN(name)); \
	}
STORIES(order)
STORIES(overlap)
STORIES(gaps)
STORIES(handshakes)
STORIES(midstream)
STORIES(endings)
STORIES(closings)
STORIES(doubtful)
STORIES(urgent)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tell_order),
		cmocka_unit_test(tell_overlap),
		cmocka_unit_test(tell_gaps),
		cmocka_unit_test(tell_handshakes),
		cmocka_unit_test(tell_midstream),
		cmocka_unit_test(tell_endings),
		cmocka_unit_test(tell_closings),
		cmocka_unit_test(tell_doubtful),
		cmocka_unit_test(tell_urgent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
