#!/bin/bash
# plain.sh [CASE ...] — captures of ordinary protocol behaviour, for the expected outputs in tests/golden: pcaps/{http,dns,tls,websocket}/.
#
# clients   curl, dig, delv, openssl s_client, node with the ws package (see websocket.sh)
# servers   nginx, server.py, node:http, dnsmasq, openssl s_server, proxy.py
PCAPS=.
. "$(dirname "$0")/lib.sh"
sc_up

NGINX_V="nginx $(nginx -v 2>&1 | sed 's/.*nginx.//')"
NODE=$(command -v node)
NODE_V="Node.js $(node --version | tr -d v)"
DIG_V=$(dig -v 2>&1 | sed 's/^DiG /dig /; s/-.*//')
DNSMASQ_V=$(dnsmasq --version | sed -n '1s/Dnsmasq version \([^ ]*\).*/dnsmasq \1/p')
QUIET="every rule: this is ordinary traffic"
B="http://www.example.net"
R=(--resolve "www.example.net:80:$RIGHT")
get() { web "${R[@]}" "$@"; }
any() { local c; for c in "$@"; do wants "$c" && return 0; done; return 1; }

# --- http: nginx ---------------------------------------------------------------------------------------------------
if any http/keep-alive http/gzip http/range http/errors http/ipv6 http/pipelining http/head; then
  mkdir -p "$SC_TMP/www" "$SC_TMP/nginx"
  for i in $(seq 300); do echo "line $i of a text that compresses well"; done >"$SC_TMP/www/text.txt"
  printf '<html><body>inert</body></html>\n' >"$SC_TMP/www/index.html"
  $SHAPES noise 20000 >"$SC_TMP/www/noise.bin"
  $SHAPES png plain >"$SC_TMP/www/photo.png"
  find "$SC_TMP/www" -exec touch -d 2025-07-01T00:00:00Z {} +
  cat >"$SC_TMP/nginx.conf" <<END
daemon off;
user root;
worker_processes 1;
pid $SC_TMP/nginx.pid;
error_log $SC_TMP/nginx/error.log;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path $SC_TMP/nginx/body; proxy_temp_path $SC_TMP/nginx/proxy; fastcgi_temp_path $SC_TMP/nginx/f;
  uwsgi_temp_path $SC_TMP/nginx/u; scgi_temp_path $SC_TMP/nginx/s;
  types { text/html html; text/plain txt; image/png png; application/octet-stream bin; }
  gzip on; gzip_types text/plain; gzip_min_length 100;
  server {
    listen $RIGHT:80; listen [fd77::2:10]:80;
    root $SC_TMP/www;
    if_modified_since before;
    location = /moved { return 301 /index.html; }
  }
}
END
  chmod 755 "$SC_TMP" "$SC_TMP/www"
  serve right 80 nginx -c "$SC_TMP/nginx.conf" -p "$SC_TMP/nginx/"
  if wants http/keep-alive; then
    begin http/keep-alive
    get "$B/" -o /dev/null "$B/text.txt" -o /dev/null "$B/photo.png" -o /dev/null "$B/noise.bin"
    end
    note "Four requests on one connection" "GET of HTML, text, PNG and 20,000 random bytes, one after the other" "$CURL_V, $NGINX_V" "-" "$QUIET"
  fi
  if wants http/gzip; then
    begin http/gzip
    get -H 'Accept-Encoding: gzip' "$B/text.txt"
    end
    note "Compressed and chunked by nginx" "text sent with Content-Encoding: gzip and Transfer-Encoding: chunked" "$CURL_V, $NGINX_V" "-" "$QUIET"
  fi
  if wants http/range; then
    begin http/range
    get -r 100-299 "$B/noise.bin"
    get -r 0-9,20-29 "$B/noise.bin"
    end
    note "Parts of a file" "206 with one range, 206 multipart/byteranges with two" "$CURL_V, $NGINX_V" "-" "$QUIET"
  fi
  if wants http/errors; then
    begin http/errors
    get "$B/missing"
    get "$B/moved"
    get -X DELETE "$B/index.html"
    get -H 'If-Modified-Since: Wed, 02 Jul 2025 00:00:00 GMT' "$B/index.html"
    printf 'NONSENSE\r\n\r\n' >"$SC_TMP/bad"
    left "$PY" "$SC_HERE/raw.py" $RIGHT 80 "$SC_TMP/bad"
    end
    note "Status codes" "404, 301, 405, 304, and 400 for a line that is no request" "$CURL_V, raw.py, $NGINX_V" "-" "$QUIET"
  fi
  if wants http/ipv6; then
    begin http/ipv6
    web -g --resolve 'www.example.net:80:[fd77::2:10]' "$B/text.txt"
    end
    note "HTTP over IPv6" "one GET" "$CURL_V, $NGINX_V" "-" "$QUIET"
  fi
  if wants http/pipelining; then
    for p in / /text.txt /missing /photo.png; do printf 'GET %s HTTP/1.1\r\nHost: www.example.net\r\n\r\n' $p; done >"$SC_TMP/pipe"
    printf 'GET / HTTP/1.1\r\nHost: www.example.net\r\nConnection: close\r\n\r\n' >>"$SC_TMP/pipe"
    begin http/pipelining
    left "$PY" "$SC_HERE/raw.py" $RIGHT 80 "$SC_TMP/pipe"
    end
    note "Five requests in one write" "answers 200, 200, 404, 200, 200 in order" "raw.py ($PY_V), $NGINX_V" "-" "$QUIET"
  fi
  if wants http/head; then
    begin http/head
    get -I "$B/text.txt" -o /dev/null "$B/photo.png"
    get -0 "$B/"
    end
    note "HEAD, and HTTP/1.0" "two HEAD requests whose answers state a length and have no body; one HTTP/1.0 GET that ends with the connection" \
      "$CURL_V, $NGINX_V" "-" "$QUIET"
  fi
  kill "$(cat "$SC_TMP/nginx.pid")"; unserve
fi

# --- http: server.py -----------------------------------------------------------------------------------------------
if any http/chunked-upload http/expect-continue http/chunked http/multipart http/form http/no-body; then
  serve right 80 "$PY" "$SC_HERE/server.py" plain 80
  S="$CURL_V, server.py ($PY_V)"
  if wants http/chunked-upload; then
    begin http/chunked-upload
    $SHAPES noise 5000 | get -H 'Transfer-Encoding: chunked' -H 'Content-Type: application/octet-stream' --data-binary @- "$B/up"
    end
    note "A chunked request" "5,000 bytes uploaded without a stated length" "$S" "-" "$QUIET"
  fi
  if wants http/expect-continue; then
    begin http/expect-continue
    $SHAPES noise 3000 >"$SC_TMP/up"
    get -H 'Expect: 100-continue' --data-binary "@$SC_TMP/up" "$B/up"
    end
    note "100 Continue" "the client waits for 100 before it sends 3,000 bytes" "$S" "-" "$QUIET"
  fi
  if wants http/chunked; then
    begin http/chunked
    get "$B/chunked" -o /dev/null "$B/gzip-chunked"
    get -H 'Accept-Encoding: gzip' "$B/gzip"
    end
    note "Chunked answers" "chunked; gzip inside chunked; gzip with a length" "$S" "-" "$QUIET"
  fi
  if wants http/multipart; then
    begin http/multipart
    get -F 'title=two words' -F 'note=line one' -F "file=@$SC_HERE/settle.py;filename=a b.txt;type=text/plain" "$B/up"
    end
    note "An upload form" "two fields and a file as multipart/form-data" "$S" "-" "$QUIET"
  fi
  if wants http/form; then
    begin http/form
    get --data-urlencode 'name=Zoë & Co' --data-urlencode 'note=a+b=c%' --data 'empty=&flag' "$B/form?q=1&q=2&x=%41%zz"
    end
    note "A form with a query" "repeated, empty and badly escaped parameters; UTF-8" "$S" "-" "$QUIET"
  fi
  if wants http/no-body; then
    begin http/no-body
    get "$B/empty" -o /dev/null "$B/same" -o /dev/null "$B/moved" -o /dev/null "$B/"
    get -X OPTIONS "$B/"
    end
    note "Answers without a body" "204, 304, 302 with length 0, then 200; OPTIONS" "$S" "-" "$QUIET"
  fi
  unserve
fi

# --- http: node, proxy ---------------------------------------------------------------------------------------------
if wants http/codings; then
  serve right 80 "$NODE" "$SC_HERE/codings.js" $RIGHT 80
  begin http/codings
  for c in br gzip deflate deflate-raw; do get -H "Accept-Encoding: ${c%-raw}" "$B/$c"; done
  get "$B/br-chunked"
  get "$B/gzip-br"
  end
  unserve
  note "Content codings" "one text in br, gzip, deflate with and without zlib header, br in chunks, gzip inside br" "$CURL_V, $NODE_V (node:http, node:zlib)" "-" "$QUIET"
fi
if wants http/connect; then
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$SC_TMP/k" -out "$SC_TMP/c" -days 30 -subj /CN=www.example.net 2>/dev/null
  serve right 443 openssl s_server -accept 443 -cert "$SC_TMP/c" -key "$SC_TMP/k" -quiet -www
  SV=$SC_SERVER
  serve right 3128 "$PY" "$SC_HERE/proxy.py" $RIGHT 3128 127.0.0.1 443
  begin http/connect
  left curl -q -s -S -k -o /dev/null --max-time 10 --noproxy '' -x "http://$RIGHT:3128" --proxytunnel https://www.example.net/
  left curl -q -s -o /dev/null --max-time 10 --noproxy '' -x "http://$RIGHT:3128" --proxytunnel https://refused.example.net/ || true
  end
  unserve; unserve $SV
  note "CONNECT" "a tunnel with TLS inside (the proxy's far side is not recorded), and a refused one (403)" "$CURL_V, proxy.py ($PY_V), openssl s_server ($SSL_V)" "-" "$QUIET"
fi
if wants http/upgrade-refused; then
  serve right 80 "$PY" "$SC_HERE/server.py" plain 80
  begin http/upgrade-refused
  get -H 'Connection: Upgrade, HTTP2-Settings' -H 'Upgrade: h2c' -H 'HTTP2-Settings: AAMAAABkAAQAAP__' "$B/"
  get -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' "$B/"
  end
  unserve
  note "Upgrades nobody takes" "h2c and websocket asked for, answered 200: the connection stays HTTP/1.1" "$CURL_V, server.py" "-" "$QUIET"
fi

# --- dns -----------------------------------------------------------------------------------------------------------
if any dns/types dns/tcp dns/errors dns/large dns/delv; then
  cat >"$SC_TMP/dns.conf" <<END
no-resolv
no-hosts
no-daemon
user=root
bind-interfaces
listen-address=$RIGHT
local=/example.net/
auth-ttl=300
edns-packet-max=4096
local-ttl=60
address=/www.example.net/192.0.2.1
address=/www.example.net/2001:db8::1
host-record=mail.example.net,192.0.2.25
cname=alias.example.net,mail.example.net
mx-host=example.net,mail.example.net,10
txt-record=example.net,"v=spf1 -all","second string"
srv-host=_ldap._tcp.example.net,mail.example.net,389,5,10
ptr-record=1.2.0.192.in-addr.arpa,www.example.net
caa-record=example.net,0,issue,ca.example.net
naptr-record=example.net,100,10,S,SIP+D2U,,_sip._udp.example.net
dns-rr=odd.example.net,65280,01:02:03
END
  for i in $(seq 20); do echo "txt-record=large.example.net,\"$i $($SHAPES noise 60 "$i" | xxd -p | tr -d '\n')\""; done >>"$SC_TMP/dns.conf"
  serve right 53 dnsmasq -C "$SC_TMP/dns.conf" --pid-file="$SC_TMP/dnsmasq.pid"
  ask() { left dig +time=2 +tries=1 @$RIGHT "$@" >/dev/null || true; }
  if wants dns/types; then
    begin dns/types
    ask www.example.net A; ask www.example.net AAAA; ask alias.example.net A; ask example.net MX; ask example.net TXT
    ask _ldap._tcp.example.net SRV; ask -x 192.0.2.1; ask example.net CAA; ask example.net NAPTR; ask odd.example.net TYPE65280
    end
    note "Record types" "A, AAAA, CNAME, MX, TXT of two strings, SRV, PTR, CAA, NAPTR, TYPE65280, with EDNS" "$DIG_V, $DNSMASQ_V" "-" "$QUIET"
  fi
  if wants dns/tcp; then
    begin dns/tcp
    ask +tcp +keepopen www.example.net A www.example.net AAAA example.net MX
    end
    note "DNS over TCP" "three queries on one connection" "$DIG_V, $DNSMASQ_V" "-" "$QUIET"
  fi
  if wants dns/errors; then
    begin dns/errors
    ask nothing.example.net A; ask mail.example.net AAAA; ask www.example.org A; ask +opcode=2 www.example.net A
    end
    note "DNS answers without an answer" "NXDOMAIN, no data, REFUSED, and an operation the server does not do" "$DIG_V, $DNSMASQ_V" "-" "$QUIET"
  fi
  if wants dns/large; then
    begin dns/large
    ask +noedns large.example.net TXT
    ask +bufsize=4096 large.example.net TXT
    end
    note "A large answer" "truncated at 512 bytes and asked again over TCP; then in one datagram of two fragments" "$DIG_V, $DNSMASQ_V" "-" "$QUIET"
  fi
  unserve
fi

# --- tls -----------------------------------------------------------------------------------------------------------
if any tls/tls12 tls/tls13 tls/tls10 tls/alpn tls/no-sni tls/resumption tls/client-certificate tls/chain tls/refused; then
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$SC_TMP/ca.key" -out "$SC_TMP/ca.pem" -days 3650 -subj "/C=XX/O=Inert/CN=Inert Test CA" 2>/dev/null
  leaf() {
    openssl req -newkey rsa:2048 -nodes -keyout "$SC_TMP/$1.key" -out "$SC_TMP/$1.csr" -subj "/C=XX/O=Inert/CN=$1" 2>/dev/null
    printf 'subjectAltName=DNS:%s,DNS:*.%s,IP:192.0.2.1\n' "$1" "$1" >"$SC_TMP/ext"
    openssl x509 -req -in "$SC_TMP/$1.csr" -CA "$SC_TMP/ca.pem" -CAkey "$SC_TMP/ca.key" -set_serial 0x0a1b2c3d4e5f -days 397 -extfile "$SC_TMP/ext" -out "$SC_TMP/$1.pem" 2>/dev/null
  }
  leaf www.example.net
  leaf client.example.net
  serve_tls() { serve right 443 openssl s_server -accept 443 -cert "$SC_TMP/www.example.net.pem" -key "$SC_TMP/www.example.net.key" -www "$@"; }
  tls() { { printf 'GET / HTTP/1.0\r\n\r\n'; sleep 0.3; } | left openssl s_client -connect "$RIGHT:443" -quiet "$@" >/dev/null 2>&1 || true; }
  T="openssl s_client and s_server, $SSL_V"
  tls_case() { # case title shows server-options client-options
    wants "$1" || return 0
    # shellcheck disable=SC2086
    serve_tls $4
    begin "$1"
    # shellcheck disable=SC2086
    tls $5
    end
    unserve
    note "$2" "$3" "$T" "-" "$QUIET"
  }
  tls_case tls/tls12 "TLS 1.2" "certificate readable" "" "-tls1_2 -servername www.example.net"
  tls_case tls/tls13 "TLS 1.3" "certificate encrypted" "" "-tls1_3 -servername www.example.net"
  tls_case tls/tls10 "TLS 1.0" "the old version, security level 0 on both sides" "-tls1 -cipher ALL:@SECLEVEL=0" "-tls1 -cipher ALL:@SECLEVEL=0 -servername www.example.net"
  tls_case tls/chain "TLS 1.2 with a chain" "leaf and issuer" "-cert_chain $SC_TMP/ca.pem" "-tls1_2 -servername www.example.net"
  tls_case tls/alpn "ALPN" "h2 and http/1.1 offered, http/1.1 taken" "-alpn http/1.1" "-tls1_2 -alpn h2,http/1.1 -servername WWW.Example.NET"
  tls_case tls/no-sni "No server name" "TLS 1.3 to an address" "" "-tls1_3 -noservername"
  tls_case tls/client-certificate "Client certificate" "TLS 1.2, both sides send a certificate" "-Verify 1 -CAfile $SC_TMP/ca.pem" \
    "-tls1_2 -servername www.example.net -cert $SC_TMP/client.example.net.pem -key $SC_TMP/client.example.net.key"
  tls_case tls/refused "No common version" "client offers TLS 1.2 only, server takes TLS 1.3 only: an alert" "-tls1_3" "-tls1_2 -servername www.example.net"
  if wants tls/resumption; then
    serve_tls
    begin tls/resumption
    tls -tls1_2 -servername www.example.net -sess_out "$SC_TMP/sess"
    tls -tls1_2 -servername www.example.net -sess_in "$SC_TMP/sess"
    end
    unserve
    note "Resumption" "TLS 1.2, full handshake, then one with the session ticket and without a certificate" "$T" "-" "$QUIET"
  fi
fi

# --- websocket -----------------------------------------------------------------------------------------------------
if any websocket/echo websocket/deflate websocket/fragments websocket/lengths websocket/subprotocol; then
  if [ -n "${SK_NODE_MODULES:-}" ]; then
    export NODE_PATH=$SK_NODE_MODULES
  else
    (cd "$SC_TMP" && npm install --silent --no-audit --no-fund --ignore-scripts ws@8.18.0 >/dev/null)
    export NODE_PATH=$SC_TMP/node_modules
  fi
  WS_V="$NODE_V with ws $(node -p "require('ws/package.json').version")"
  printf 'hello' >"$SC_TMP/w1"; printf 'hello, hello, hello, hello' >"$SC_TMP/w2"
  $SHAPES noise 125 >"$SC_TMP/l125"; $SHAPES noise 126 >"$SC_TMP/l126"; $SHAPES noise 70000 >"$SC_TMP/l70000"
  ws_case() { # case title shows deflate options files
    wants "$1" || return 0
    serve right 8080 env NODE_PATH="$NODE_PATH" "$NODE" "$SC_HERE/ws/server.js" echo 8080 "$4"
    begin "$1"
    # shellcheck disable=SC2086
    left "$NODE" "$SC_HERE/ws/client.js" "ws://$RIGHT:8080/socket?x=1" "$5" $6
    end
    unserve
    note "$2" "$3" "$WS_V on both sides" "-" "$QUIET"
  }
  ws_case websocket/echo "WebSocket" "two text messages and their echo, close with 1000" none '{}' "$SC_TMP/w1 $SC_TMP/w2"
  ws_case websocket/deflate "WebSocket, deflated" "permessage-deflate with context takeover: the second message refers to the first" takeover '{"deflate":"takeover"}' \
    "$SC_TMP/w2 $SC_TMP/w2 $SC_TMP/w1"
  ws_case websocket/fragments "WebSocket in frames" "a message in three frames, a ping between them" none '{"fragments":3,"ping":true}' "$SC_TMP/w2"
  ws_case websocket/lengths "WebSocket lengths" "binary messages of 125, 126 and 70,000 bytes: the three forms of the length" none '{"binary":true}' \
    "$SC_TMP/l125 $SC_TMP/l126 $SC_TMP/l70000"
  ws_case websocket/subprotocol "WebSocket of a browser" "User-Agent, Origin and a subprotocol in the handshake" none \
    '{"protocol":"v1.kernel.websocket.jupyter.org","origin":"https://www.example.net","agent":"Mozilla/5.0"}' "$SC_TMP/w1"
fi
