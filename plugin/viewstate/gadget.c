/* viewstate/gadget.c — class, member and text names by which known .NET gadgets give themselves away.
 *
 * source   generator sources of pwntester/ysoserial.net and irsdl/ysonet (names of .NET types are facts of the runtime);
 *          Viettel Cyber Security on ToolShell's DataSet for the texts of generic types
 */
#include "inspect.h"

struct tell {
	const char *needle;
	const char *gadget;
};

/* A class name contains it. Specific before general. */
static const struct tell classes[] = {
	{ "System.Collections.Generic.ComparisonComparer`1", "TypeConfuseDelegate" },
	{ "System.DelegateSerializationHolder", "TypeConfuseDelegate" },
	{ "Microsoft.VisualStudio.Text.Formatting.TextFormattingRunProperties", "TextFormattingRunProperties" },
	{ "System.Workflow.ComponentModel.Serialization.ActivitySurrogateSelector", "ActivitySurrogateSelector" },
	{ "System.Windows.Forms.AxHost+State", "AxHostState" },
	{ "System.Security.Principal.WindowsIdentity", "WindowsIdentity" },
	{ "System.Security.Principal.WindowsPrincipal", "WindowsPrincipal" },
	{ "System.Security.Principal.GenericPrincipal", "GenericPrincipal" },
	{ "System.Security.Principal.GenericIdentity", "GenericIdentity" },
	{ "System.Security.Claims.ClaimsIdentity", "ClaimsIdentity" },
	{ "System.Security.Claims.ClaimsPrincipal", "ClaimsPrincipal" },
	{ "Microsoft.IdentityModel.Claims.WindowsClaimsIdentity", "WindowsClaimsIdentity" },
	{ "System.Web.Security.RolePrincipal", "RolePrincipal" },
	{ "System.Web.Security.FormsIdentity", "FormsIdentity" },
	{ "System.IdentityModel.Tokens.SessionSecurityToken", "SessionSecurityToken" },
	{ "Microsoft.IdentityModel.Tokens.SessionSecurityToken", "SessionSecurityToken" },
	{ "SessionViewStateHistoryItem", "SessionViewStateHistoryItem" },
	{ "System.Drawing.Design.ToolboxItemContainer", "ToolboxItemContainer" },
	{ "System.Management.Automation.PSObject", "PSObject" },
	{ "System.Management.IWbemClassObjectFreeThreaded", "WbemClassObjectUnmarshal" },
	{ "System.Resources.ResourceSet", "ResourceSet" },
	{ "System.Runtime.Remoting.ObjRef", "ObjRef" },
	{ "System.IO.FileSystemInfo", "FileSystemInfo" },
	{ "System.IO.DirectoryInfo", "FileSystemInfo" },
	{ "System.IO.FileInfo", "FileSystemInfo" },
	{ "System.CodeDom.Compiler.TempFileCollection", "TempFileCollection" },
	{ "System.Windows.Data.ObjectDataProvider", "ObjectDataProvider" },
	{ "System.Data.Services.Internal.ExpandedWrapper`2", "ExpandedWrapper" },
	{ "System.Web.UI.LosFormatter", "LosFormatter" },
	{ "System.Windows.Markup.XamlReader", "XamlReader" },
	{ "System.Configuration.Install.AssemblyInstaller", "AssemblyInstaller" },
};

/* A member is named like this. */
static const struct tell members[] = {
	{ "PropertyBagBinary", "AxHostState" },
	{ "TbxIC_DataObjectValues", "ToolboxItemContainer" },
	{ "System.Security.ClaimsIdentity.actor", "ClaimsIdentity" },
	{ "System.Security.ClaimsIdentity.bootstrapContext", "ClaimsIdentity" },
	{ "System.Security.ClaimsPrincipal.Identities", "ClaimsPrincipal" },
	{ "m_serializedClaimsIdentities", "ClaimsPrincipal" },
	{ "m_serializedClaims", "ClaimsIdentity" },
};

/* A text holds it: XAML, the XML schema of a DataSet, names in a delegate. */
static const struct tell texts[] = {
	{ "DisableActivitySurrogateSelectorTypeCheck", "ActivitySurrogateDisableTypeCheck" },
	{ "System.Data.Services.Internal.ExpandedWrapper`2", "DataSetOldBehaviour with ExpandedWrapper" },
	{ "System.Windows.Data.ObjectDataProvider", "ObjectDataProvider" },
	{ "<ObjectDataProvider", "ObjectDataProvider" },
	{ ":ObjectDataProvider", "ObjectDataProvider" },
	{ "System.Windows.Markup.XamlReader", "XamlReader" },
	{ "System.Web.UI.LosFormatter", "LosFormatter" },
	{ "DataType=\"System.Collections.Generic.List`1[[", "DataSetOldBehaviour with generic DataType" },
	{ "DataType='System.Collections.Generic.List`1[[", "DataSetOldBehaviour with generic DataType" },
	{ "ActivitySurrogateSelector+ObjectSurrogate", "ActivitySurrogateSelector" },
};

/* Begins of names; a generic one is harmless only with harmless arguments, which are spelled out. */
static const char *const harmless[] = {
	"System.Collections.Hashtable", "System.Collections.ArrayList", "System.Collections.Specialized.NameValueCollection",
	"System.Collections.Specialized.StringCollection", "System.Collections.Specialized.ListDictionary",
	"System.Collections.Specialized.HybridDictionary", "System.Collections.Specialized.OrderedDictionary",
	"System.Collections.CaseInsensitiveHashCodeProvider", "System.Collections.CaseInsensitiveComparer",
	"System.Collections.Generic.List`1[[System.String,", "System.Collections.Generic.List`1[[System.Int32,",
	"System.Collections.Generic.List`1[[System.Guid,", "System.Collections.Generic.List`1[[System.Boolean,",
	"System.Collections.Generic.Dictionary`2[[System.String, mscorlib", "System.Collections.Generic.Dictionary`2[[System.Int32, mscorlib",
	"System.Collections.Generic.KeyValuePair`2[[System.String, mscorlib", "System.Collections.Generic.KeyValuePair`2[[System.Int32, mscorlib",
	"System.Collections.Generic.GenericEqualityComparer`1[[System.String,", "System.Version", "System.Guid", "System.DateTime",
	"System.TimeSpan", "System.Decimal", "System.String", "System.Globalization.CompareInfo", "System.Globalization.CultureInfo",
	"System.Drawing.Color", "System.Drawing.Size", "System.Drawing.Point", "System.DBNull", "System.UnitySerializationHolder",
};

static bool holds(struct sk_span s, const char *needle)
{
	return s.n && memmem(s.p, s.n, needle, strlen(needle)) != NULL;
}

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The DataSet class name that goes on behind its assembly, as the type-spoofing variant does. */
static bool is_spoofed_dataset(struct sk_span name)
{
	return holds(name, "System.Data.DataSet, ") && holds(name, "x=]");
}

const char *gadget_of_class(struct sk_span name)
{
	if (is_spoofed_dataset(name))
		return "DataSetTypeSpoof";
	for (size_t i = 0; i < LEN(classes); i++)
		if (holds(name, classes[i].needle))
			return classes[i].gadget;
	return NULL;
}

const char *gadget_of_member(struct sk_span name)
{
	for (size_t i = 0; i < LEN(members); i++)
		if (sk_span_is_str(name, members[i].needle))
			return members[i].gadget;
	return NULL;
}

const char *gadget_of_bytes(struct sk_span bytes)
{
	for (size_t i = 0; i < LEN(classes); i++)
		if (holds(bytes, classes[i].needle))
			return classes[i].gadget;
	return gadget_of_text(bytes);
}

const char *gadget_of_text(struct sk_span text)
{
	for (size_t i = 0; i < LEN(texts); i++)
		if (holds(text, texts[i].needle))
			return texts[i].gadget;
	return NULL;
}

bool class_is_harmless(struct sk_span name)
{
	for (size_t i = 0; i < LEN(harmless); i++) {
		size_t n = strlen(harmless[i]);

		if (name.n < n || memcmp(name.p, harmless[i], n) != 0)
			continue;
		/* whole, or an array of it, or within the arguments of a generic, whose nested arguments must be plain */
		if (name.n == n || name.p[n] == '[' || strchr(harmless[i], '[')) {
			struct sk_span rest = sk_span_sub(name, n, name.n);

			return !holds(rest, "[[System.Object") && !holds(rest, "Delegate") && !holds(rest, "Comparer");
		}
	}
	return false;
}
