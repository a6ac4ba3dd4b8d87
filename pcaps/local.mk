# Captures travel with the source; whole folders, notes included.
EXTRA_DIST += %D%/README.md %D%/dns %D%/http %D%/lumma %D%/soft-gets %D%/tls %D%/toolshell %D%/websocket %D%/websocket-exfil
EXTRA_DIST += tools/capture
