dist_doc_DATA += %D%/alert.schema.json
