/* pipeline/paths.h — where rules, plugins, captures and the configuration are: beside the sources when sekisho runs from its
 * build tree, otherwise where it was installed.
 *
 * memory   static
 * threads  first call on the main thread
 */
#ifndef SK_PIPELINE_PATHS_H
#define SK_PIPELINE_PATHS_H

const char *sk_paths_rules(void);
/* NULL in the build tree: plugins are linked in there. */
const char *sk_paths_plugins(void);
/* Captures the rules' tests name; NULL when installed without. */
const char *sk_paths_pcaps(void);
/* The configuration read without -c, if it is there; NULL in the build tree. */
const char *sk_paths_config(void);

#endif
