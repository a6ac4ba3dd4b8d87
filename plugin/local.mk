# Plugins: each is a shared module in $(pluginsdir) and, linked into sekisho itself, part of libsk_plugins.a.
#
# To add plugin <name>: a folder plugin/<name>/ whose local.mk is like trace's, then two lines: the include below, and
# BUILTIN(<name>) in builtin.c. (A plugin that is not to be linked in leaves out the libsk_plugins_a_SOURCES line and the second.)
PLUGIN_CPPFLAGS = -I$(top_srcdir)/include -D_GNU_SOURCE
PLUGIN_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -export-symbols-regex '^sk_plugin_main$$' $(PLUGIN_DEFS)
# A plugin gets everything through struct sk_host; an undefined symbol is a mistake. Sanitizers bring some of their own.
if !SANITIZERS
PLUGIN_DEFS = -no-undefined -Wl,-z,defs
endif

noinst_LIBRARIES += libsk_plugins.a
libsk_plugins_a_CPPFLAGS = $(PLUGIN_CPPFLAGS) -DSK_PLUGIN_STATIC
libsk_plugins_a_SOURCES = %D%/builtin.c

include %D%/template/local.mk
include %D%/trace/local.mk
include %D%/ak47/local.mk
include %D%/lumma/local.mk
include %D%/secrets/local.mk
include %D%/viewstate/local.mk
