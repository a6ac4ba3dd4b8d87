#!/bin/bash
# soft-gets.sh [CASE ...] — captures of the soft-gets / EncryptHub stealer chain (Fickle, Vidar, HijackLoader), pcaps/soft-gets/.
#
# clients   dig, openssl s_client, curl     servers  dnsmasq, openssl s_server, server.py
# source    rules/soft-gets.yaml cites what the shapes follow
PCAPS=soft-gets
. "$(dirname "$0")/lib.sh"
sc_up

DIG_V=$(dig -v 2>&1 | sed 's/^DiG /dig /; s/-.*//')
DNSMASQ_V=$(dnsmasq --version | sed -n '1s/Dnsmasq version \([^ ]*\).*/dnsmasq \1/p')
POWERSHELL='Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1'
VIDAR=116.203.165.217
certificate() { # NAME: self-made, self-signed, in $SC_TMP
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$SC_TMP/$1.key" -out "$SC_TMP/$1.pem" -days 30 -subj "/CN=$1" \
    -addext "subjectAltName=DNS:$1" 2>/dev/null
}
# A TLS client that sends a few bytes of nothing: tls ADDRESS NAME|- BYTES [s_client options].
tls() {
  local addr=$1 name=$2 bytes=$3
  shift 3
  { $SHAPES noise "$bytes"; sleep 0.3; } | left openssl s_client -connect "$addr:443" -quiet -no_ign_eof \
    $([ "$name" = - ] && echo -noservername || echo -servername "$name") "$@" >/dev/null 2>&1 || true
}
# A server that says nothing after the handshake: its input is a pipe nobody writes to.
mkfifo "$SC_TMP/never"
serve_tls() {
  serve right 443 bash -c 'exec openssl s_server -accept 443 -cert "$1.pem" -key "$1.key" -quiet <>"$2"' tls "$SC_TMP/$1" "$SC_TMP/never"
}

cat >"$SC_TMP/dns.conf" <<END
no-resolv
no-hosts
no-daemon
user=root
bind-interfaces
listen-address=$RIGHT
local=/com/
local=/net/
local=/dev/
address=/soft-gets.com/192.0.2.80
address=/soft-gets.com.example.net/192.0.2.81
address=/notsoft-gets.com/192.0.2.82
address=/workers.dev/192.0.2.83
END
ask() { left dig +time=2 +tries=1 +noedns @$RIGHT "$@" >/dev/null || true; }

serve right 53 dnsmasq -C "$SC_TMP/dns.conf" --pid-file="$SC_TMP/dnsmasq.pid"
if wants dns-udp; then
  begin dns-udp
  ask soft-gets.com A
  ask cdn.soft-gets.com A
  ask soft-gets.com AAAA
  end 2025-07-22T11:00:00Z
  note "soft-gets: name looked up over UDP" "the name, a name below it, and its IPv6 address" "$DIG_V, $DNSMASQ_V" "soft-gets.name-dns for each query" "-"
fi
if wants dns-tcp; then
  begin dns-tcp
  ask soft-gets.com A +tcp
  end 2025-07-22T11:01:00Z
  note "soft-gets: name looked up over TCP" "one query and answer with a length in front" "$DIG_V, $DNSMASQ_V" "soft-gets.name-dns once" "-"
fi
if wants dns-0x20; then
  begin dns-0x20
  ask SoFt-GeTs.CoM A
  ask SAFESURF.fastdomain-UOEMATHHVQ.workers.dev A
  end 2025-07-22T11:02:00Z
  note "soft-gets: mixed case" "names in mixed case, as resolvers write them that randomise case" "$DIG_V, $DNSMASQ_V" "soft-gets.name-dns twice" "-"
fi
if wants dns-near; then
  begin dns-near
  ask soft-gets.com.example.net A
  ask notsoft-gets.com A
  ask soft-gets.net A
  ask other.workers.dev A
  ask workers.dev A
  end 2025-07-22T11:03:00Z
  note "Near miss: names that look like soft-gets" "the name below another domain, as the end of a longer label, with another ending; other tenants of a shared domain" \
    "$DIG_V, $DNSMASQ_V" "-" "every rule of soft-gets"
fi
unserve

certificate soft-gets.com
certificate ordinary.example.net
if wants sni; then
  serve_tls soft-gets.com
  begin sni
  tls $RIGHT soft-gets.com 200 -tls1_3
  tls $RIGHT www.soft-gets.com 200 -tls1_2
  end 2025-07-22T11:04:00Z
  unserve
  note "soft-gets: name in TLS" "TLS 1.3 with the name, TLS 1.2 with a name below it; the certificate of the second is readable and names the domain" \
    "openssl s_client and s_server, $SSL_V" "soft-gets.name-tls twice, soft-gets.name-certificate once" "-"
fi
if wants certificate; then
  right_ip 198.51.100.9
  serve_tls soft-gets.com
  begin certificate
  tls 198.51.100.9 - 200 -tls1_2
  end 2025-07-22T11:04:30Z
  unserve
  note "soft-gets: certificate without a name in the hello" "TLS 1.2 to a bare address without a server name; the certificate names the domain" \
    "openssl s_client and s_server, $SSL_V" "soft-gets.name-certificate once" "soft-gets.name-tls"
fi
if wants certificate-near; then
  right_ip 198.51.100.9
  certificate soft-gets.com.example.net
  serve_tls soft-gets.com.example.net
  begin certificate-near
  tls 198.51.100.9 - 200 -tls1_2
  end 2025-07-22T11:04:40Z
  unserve
  note "Near miss: a certificate for a near name" "the same with a certificate for soft-gets.com.example.net" "openssl s_client and s_server, $SSL_V" "-" "every rule of soft-gets but marks"
fi
if wants sni-near; then
  serve_tls ordinary.example.net
  begin sni-near
  tls $RIGHT soft-gets.com.example.net 200 -tls1_2
  tls $RIGHT notsoft-gets.com 200 -tls1_3
  end 2025-07-22T11:05:00Z
  unserve
  note "Near miss: TLS to names that look like soft-gets" "two handshakes with near names" "openssl s_client and s_server, $SSL_V" "-" "every rule of soft-gets"
fi

serve right 80 "$PY" "$SC_HERE/server.py" stealer 80
SPOKE="$CURL_V, tools/capture/server.py ($PY_V)"
if wants http-host; then
  begin http-host
  web --resolve soft-gets.com:80:$RIGHT -A "$POWERSHELL" http://soft-gets.com/worker.ps1
  web --resolve soft-gets.com:80:$RIGHT -A "$POWERSHELL" http://soft-gets.com/cclib.dll
  web -H 'Host: SOFT-GETS.COM:80' -A "$POWERSHELL" "http://$RIGHT/"
  end 2025-07-22T14:00:00Z
  note "soft-gets: files fetched in clear" "a script and a library (inert) from the host; then the name in upper case with a port" \
    "$SPOKE" "soft-gets.name-http three times, soft-gets.payload-file twice" "-"
fi
if wants http-near; then
  begin http-near
  web --resolve soft-gets.com.example.net:80:$RIGHT http://soft-gets.com.example.net/worker.ps1
  web --resolve ci.example.org:80:$RIGHT "http://ci.example.org/tools/cclib.dll?ref=soft-gets.com"
  web -H 'Host: ci.example.org' -H 'Referer: http://search.example/?q=soft-gets.com' "http://$RIGHT/"
  end 2025-07-22T14:01:00Z
  note "Near miss: the name in other places" "a near name, and the name in a query and in a Referer; the file names alone are ordinary" "$SPOKE" "-" "every rule of soft-gets"
fi
if wants fickle-paths; then
  begin fickle-paths
  web -A "$POWERSHELL" "http://$RIGHT/3fa7f5a9e0a248be8c79/payload/fickle/payload.ps1"
  web -A "$POWERSHELL" --data 'inert=1' "http://$RIGHT/q7w2e9r4t1y6/submitForm.php"
  web -A "$POWERSHELL" "http://$RIGHT/q7w2e9r4t1y6/checkUpdates.php"
  web -A "$POWERSHELL" "http://$RIGHT/q7w2e9r4t1y6/payload/remote/"
  end 2025-07-22T14:02:00Z
  note "Fickle Stealer: paths on a bare address" "the four known endings below a random folder" "$SPOKE" "soft-gets.fickle-path four times" "-"
fi
if wants fickle-near; then
  begin fickle-near
  web --resolve www.example.net:80:$RIGHT --data 'name=a' http://www.example.net/contact/submitForm.php
  web --resolve www.example.net:80:$RIGHT http://www.example.net/app/checkUpdates.php
  web --resolve www.example.net:80:$RIGHT http://www.example.net/newsletter/submitForm.php
  web --resolve www.example.net:80:$RIGHT http://www.example.net/blog/payload/fickle-customers.html
  end 2025-07-22T14:03:00Z
  note "Near miss: ordinary forms and update checks" "the same file names below ordinary folders of a named host" "$SPOKE" "-" "soft-gets.fickle-path"
fi
if wants hijackloader-png; then
  begin hijackloader-png
  web --resolve img.example.net:80:$RIGHT http://img.example.net/carrier.png
  end 2025-07-22T14:04:00Z
  note "HijackLoader: configuration in a PNG" "a picture whose image data begins with the loader's magic instead of a zlib header; the rest is filler" \
    "$SPOKE" "soft-gets.hijackloader-png once" "-"
fi
if wants png-ordinary; then
  begin png-ordinary
  web --resolve img.example.net:80:$RIGHT http://img.example.net/photo.png
  end 2025-07-22T14:05:00Z
  note "Near miss: a PNG" "a valid picture of noise" "$SPOKE" "-" "soft-gets.hijackloader-png"
fi
if wants dead-drop; then
  begin dead-drop
  web --resolve t.me:80:$RIGHT http://t.me/iry2am
  web --resolve steamcommunity.com:80:$RIGHT http://steamcommunity.com/profiles/76561199878419187
  web --resolve t.me:80:$RIGHT http://t.me/telegram
  web --resolve steamcommunity.com:80:$RIGHT http://steamcommunity.com/profiles/76561197960265728
  end 2025-07-22T14:08:00Z
  note "Vidar: dead drops in clear" "the two published pages as a decrypting proxy would show them, then two others of the same services" "$SPOKE" \
    "soft-gets.dead-drop twice" "soft-gets.dead-drop for the last two"
fi
if wants vidar-upload; then
  begin vidar-upload
  $SHAPES lumma-upload vidar >"$SC_TMP/up"
  web -H 'Content-Type: multipart/form-data; boundary=bq7Rk2Xv9LmTz0' --data-binary "@$SC_TMP/up" "http://$RIGHT/"
  printf -- '--b\r\nContent-Disposition: form-data; name="token"\r\n\r\n00\r\n--b\r\nContent-Disposition: form-data; name="build_id"\r\n\r\n00\r\n--b\r\nContent-Disposition: form-data; name="file_name"\r\n\r\naW5lcnQ=\r\n--b\r\nContent-Disposition: form-data; name="file_data"\r\n\r\naW5lcnQ=\r\n--b--\r\n' >"$SC_TMP/up2"
  web -H 'Content-Type: multipart/form-data; boundary=b' --data-binary "@$SC_TMP/up2" "http://$RIGHT/"
  end 2025-07-22T14:06:00Z
  note "Vidar: uploads in clear" "the forms a decrypting proxy would show: hwid with build_id, then build_id with file_data" "$SPOKE" \
    "soft-gets.vidar-upload twice" "-"
fi
if wants upload-near; then
  begin upload-near
  web -F build_id=4711 -F file_name=app.zip -F 'file=@/dev/null' --resolve ci.example.org:80:$RIGHT http://ci.example.org/artifacts
  web -F hwid=ABC -F licence=1 --resolve licence.example.org:80:$RIGHT http://licence.example.org/check
  end 2025-07-22T14:07:00Z
  note "Near miss: other uploads with such names" "a build artefact and a licence check" "$SPOKE" "-" "soft-gets.vidar-upload"
fi
unserve

right_ip $VIDAR
right_ip 198.51.100.7
certificate t.me
if wants vidar-sequence; then
  serve_tls t.me
  begin vidar-sequence
  tls $RIGHT t.me 300 -tls1_3
  tls $VIDAR - 61000 -tls1_3
  tls $VIDAR - 2000 -tls1_2
  end 2025-07-22T11:30:00Z
  unserve
  note "Vidar: dead drop, then a bare address" \
    "TLS to t.me, a second later TLS without server name to the published address, 61,000 bytes up" \
    "openssl s_client and s_server, $SSL_V" "soft-gets.vidar-deaddrop-then-ip once, soft-gets.vidar-exfil once, soft-gets.vidar-address for both flows to the address" "-"
fi
if wants vidar-unlisted; then
  serve_tls t.me
  begin vidar-unlisted
  tls $RIGHT steamcommunity.com 300 -tls1_3
  tls 198.51.100.7 - 61000 -tls1_3
  end 2025-07-22T11:35:00Z
  unserve
  note "Vidar: the same with an address nobody has listed" "TLS to steamcommunity.com, then TLS without server name to another address" \
    "openssl s_client and s_server, $SSL_V" "soft-gets.vidar-deaddrop-then-ip once, soft-gets.vidar-exfil once" "soft-gets.vidar-address"
fi
if wants vidar-named; then
  serve_tls t.me
  begin vidar-named
  tls $RIGHT t.me 300 -tls1_3
  tls 198.51.100.7 files.example.net 61000 -tls1_3
  end 2025-07-22T11:50:00Z
  unserve
  note "Near miss: Telegram, then an upload to a named host" "TLS to t.me, a second later 61,000 bytes up to an unlisted address with a server name" \
    "openssl s_client and s_server, $SSL_V" "-" "soft-gets.vidar-deaddrop-then-ip, soft-gets.vidar-exfil"
fi
if wants vidar-resolved; then
  cp "$SC_TMP/dns.conf" "$SC_TMP/dns3.conf"
  echo 'address=/backup.example.net/198.51.100.7' >>"$SC_TMP/dns3.conf"
  serve_tls t.me; TLSS=$SC_SERVER
  serve right 53 dnsmasq -C "$SC_TMP/dns3.conf" --pid-file="$SC_TMP/dnsmasq.pid"; DNSS=$SC_SERVER
  begin vidar-resolved
  ask backup.example.net A
  tls $RIGHT t.me 300 -tls1_3
  tls 198.51.100.7 - 61000 -tls1_3
  end 2025-07-22T11:55:00Z
  unserve "$TLSS"; unserve "$DNSS"
  note "Near miss: Telegram, then an upload to an address that was looked up" \
    "the client looks up a name, opens TLS to t.me, then TLS without server name to the address it was given, 61,000 bytes up" \
    "openssl s_client and s_server, $SSL_V, $DIG_V, $DNSMASQ_V" "-" "soft-gets.vidar-deaddrop-then-ip, soft-gets.vidar-exfil"
fi
if wants vidar-late; then
  SC_CASE=vidar-late
  say soft-gets/vidar-late
  serve_tls t.me
  rec "$SC_TMP/n1.raw"
  tls $RIGHT t.me 300 -tls1_3
  rec_end
  rec "$SC_TMP/n2.raw"
  tls 198.51.100.7 - 61000 -tls1_3
  rec_end
  unserve
  "$PY" "$SC_HERE/settle.py" -o "$SC_TOP/pcaps/soft-gets/vidar-late.pcap" 2025-07-22T12:00:00Z "$SC_TMP/n1.raw" 2025-07-22T12:01:01Z "$SC_TMP/n2.raw"
  note "Near miss: Telegram, and after the minute an upload to a bare address" "TLS to t.me, 61 seconds later TLS without server name, 61,000 bytes up" \
    "openssl s_client and s_server, $SSL_V" "-" "soft-gets.vidar-deaddrop-then-ip, soft-gets.vidar-exfil"
fi
if wants vidar-download; then
  serve right 443 "$PY" "$SC_HERE/server.py" payload 443 --tls "$SC_TMP/t.me.pem" "$SC_TMP/t.me.key"
  $SHAPES noise 54000 >"$SC_TMP/up"
  begin vidar-download
  tls $RIGHT t.me 300 -tls1_3
  web -k --data-binary "@$SC_TMP/up" https://198.51.100.7/in --next -q -s -S -o /dev/null -k https://198.51.100.7/big
  end 2025-07-22T12:05:00Z
  unserve
  note "Near miss: Telegram, then a bare address that gives more than it gets" \
    "TLS to t.me, then on one connection to a bare address without server name 54,000 bytes up and 64,000 bytes down" \
    "openssl s_client, $SSL_V; $CURL_V; server.py" "soft-gets.vidar-deaddrop-then-ip once" "soft-gets.vidar-exfil"
fi
if wants vidar-near; then
  SC_CASE=vidar-near
  say soft-gets/vidar-near
  left_ip 10.77.1.11
  serve_tls t.me
  rec "$SC_TMP/n1.raw"
  tls $RIGHT t.me 300 -tls1_3
  tls 198.51.100.7 shop.example.net 3000 -tls1_3
  rec_end
  rec "$SC_TMP/n2.raw"
  tls 198.51.100.7 - 300 -tls1_3
  tls $RIGHT t.me 300 -tls1_3 -bind 10.77.1.11:0
  rec_end
  unserve
  "$PY" "$SC_HERE/settle.py" -o "$SC_TOP/pcaps/soft-gets/vidar-near.pcap" 2025-07-22T11:40:00Z "$SC_TMP/n1.raw" 2025-07-22T11:45:00Z "$SC_TMP/n2.raw"
  note "Near miss: Telegram, and TLS without a name" \
    "t.me then a named host; five minutes later TLS without a name from the same client, then t.me from another client" \
    "openssl s_client and s_server, $SSL_V" "-" "soft-gets.vidar-deaddrop-then-ip"
fi
