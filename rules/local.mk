dist_rules_DATA = \
	%D%/lumma.yaml \
	%D%/soft-gets.yaml \
	%D%/toolshell.yaml \
	%D%/websocket-exfil.yaml
EXTRA_DIST += %D%/README.md
