dist_man_MANS += %D%/sekisho.1 %D%/sekisho.yaml.5
dist_doc_DATA += %D%/architecture.md README.md NEWS
dist_doc_DATA += %D%/plugin-api.md
dist_doc_DATA += %D%/alert.schema.json
dist_doc_DATA += %D%/rules.md
