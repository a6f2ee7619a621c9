/* chosen.h - what was chosen about a line, as it is kept in its row: a codec without I/O. */
#ifndef PESAN_ORDER_CHOSEN_H
#define PESAN_ORDER_CHOSEN_H

#include "menu/options.h"

/* The text for the row; at == NULL when nothing was chosen. In the arena. */
struct str chosen_text(const struct chosen *options, size_t count, struct arena *arena);

/* Read it back; how many in *count_r. NULL for a row without. */
struct chosen *chosen_read(struct str text, struct arena *arena, size_t *count_r);

/* The member `options` of a line as people are shown it: the names. Nothing when nothing was
 * chosen. */
void chosen_write_names(struct jout *j, const struct chosen *options, size_t count);

#endif
