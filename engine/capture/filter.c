/* capture/filter.c — see filter.h. */
#include "capture/filter.h"

#include <pcap.h>
#include <stdlib.h>

struct link {
	int linktype;
	struct bpf_program program;
};

struct sk_filter {
	char *text;
	struct link links[FILTER_LINKS_MAX];
	size_t cnt, last;		/* last: place of the one used last */
};

static const char *link_name(int linktype)
{
	const char *name = pcap_datalink_val_to_name(linktype);

	return name ? name : "unknown";
}

static int compile(struct bpf_program *program, const char *text, int linktype, struct sk_error *e)
{
	pcap_t *p = pcap_open_dead(linktype, 262144);
	int rc = 0;

	if (!p)
		return sk_error_set(e, SK_E_MEMORY, "not enough memory for a filter");
	if (pcap_compile(p, program, text, 1, PCAP_NETMASK_UNKNOWN) < 0)
		rc = sk_error_set(e, SK_E_CONFIG, "filter \"%s\": %s (link type %s)", text, pcap_geterr(p), link_name(linktype));
	pcap_close(p);
	return rc;
}

static int add_link(struct sk_filter *f, int linktype, struct sk_error *e)
{
	int rc;

	if (f->cnt == FILTER_LINKS_MAX)
		return sk_error_set(e, SK_E_CONFIG, "filter \"%s\": more than %d link types in one capture", f->text, FILTER_LINKS_MAX);
	rc = compile(&f->links[f->cnt].program, f->text, linktype, e);
	if (rc < 0)
		return rc;
	f->links[f->cnt].linktype = linktype;
	f->last = f->cnt++;
	return 0;
}

int sk_filter_new(struct sk_filter **out, const char *text, int linktype, struct sk_error *e)
{
	struct sk_filter *f;
	int rc;

	*out = NULL;
	if (!text || !*text)
		return 0;
	f = calloc(1, sizeof(*f));
	if (f)
		f->text = strdup(text);
	if (!f || !f->text) {
		free(f);
		return sk_error_set(e, SK_E_MEMORY, "not enough memory for a filter");
	}
	rc = add_link(f, linktype < 0 ? DLT_EN10MB : linktype, e);
	if (rc < 0) {
		sk_filter_free(f);
		return rc;
	}
	*out = f;
	return 0;
}

void sk_filter_free(struct sk_filter *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->cnt; i++)
		pcap_freecode(&f->links[i].program);
	free(f->text);
	free(f);
}

int sk_filter_passes(struct sk_filter *f, const struct sk_raw *raw, struct sk_error *e)
{
	struct pcap_pkthdr head = { .caplen = raw->caplen, .len = raw->len };
	size_t i = f->last;

	if (SK_UNLIKELY(f->links[i].linktype != raw->linktype)) {
		for (i = 0; i < f->cnt && f->links[i].linktype != raw->linktype; i++)
			;
		if (i == f->cnt) {
			int rc = add_link(f, raw->linktype, e);

			if (rc < 0)
				return rc;
		}
		f->last = i;
	}
	return pcap_offline_filter(&f->links[i].program, &head, raw->data) != 0;
}

int sk_capture_check_filter(const char *filter, struct sk_error *e)
{
	struct sk_filter *f;
	int rc = sk_filter_new(&f, filter, -1, e);

	sk_filter_free(f);
	return rc;
}
