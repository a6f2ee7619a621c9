/* reactions.h - what delivery does about what happens to orders, in machines and to shops. */
#ifndef PESAN_DELIVERY_REACTIONS_H
#define PESAN_DELIVERY_REACTIONS_H

#include "journal/cursor.h"

#define DELIVERY_REACTIONS 11

extern const struct reaction delivery_reactions[DELIVERY_REACTIONS];

#endif
