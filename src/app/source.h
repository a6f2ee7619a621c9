/* source.h - a thread that takes over what other Pesan processes tell: it asks each of them for its
 * journal (feed.h), over and over, and hands every page to the writer as one unit.
 *
 * Only events whose topic belongs to no service of this process are taken, so nothing goes round
 * between two. Where it goes on stands in the journal's own table (journal/import.h). A source that
 * does not answer is asked again after 0.1 s to 10 s; one that begins a new epoch is read again
 * from its floor, which changes nothing, because ids are known. */
#ifndef PESAN_APP_SOURCE_H
#define PESAN_APP_SOURCE_H

#include "app/app.h"

struct sources;

/* Can the settings be used? False with one clear line in *why_r, which lasts until the next call.
 */
MUST_USE bool sources_sound(const struct app_config *config, const char **why_r);

/* Begin; NULL when no source is named. The settings are sound. */
struct sources *sources_start(struct app *app);

/* Breaks off what is asked, waits for what is with the writer. Before writer_stop(). Accepts NULL.
 */
void sources_stop(struct sources **s);

#endif
