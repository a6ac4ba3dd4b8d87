dist_man_MANS += %D%/sekisho.1 %D%/sekisho.yaml.5
dist_doc_DATA += %D%/architecture.md README.md NEWS
dist_doc_DATA += %D%/campaigns.md
dist_doc_DATA += %D%/plugin-api.md
dist_doc_DATA += %D%/alert.schema.json %D%/event.schema.json
dist_doc_DATA += %D%/rules.md
dist_doc_DATA += %D%/redis.md
dist_doc_DATA += %D%/threat-model.md
dist_doc_DATA += %D%/performance.md %D%/cost-http.svg %D%/cost-small.svg
examplesdir = $(docdir)/examples
dist_examples_DATA = \
	%D%/examples/consume.py \
	%D%/examples/consume.sh \
	%D%/examples/consume_redis_py.py \
	%D%/examples/elastic-pipeline.json \
	%D%/examples/elastic-template.json \
	%D%/examples/logstash.conf \
	%D%/examples/redis-acl.conf \
	%D%/examples/redpanda-connect.yaml \
	%D%/examples/rsyslog.conf \
	%D%/examples/vector.yaml
