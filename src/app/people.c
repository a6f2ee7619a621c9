/* people.c - who works where, who has which name, and which sessions are over. */
#include "app/people.h"

#include "app/service.h"

bool caller_works_in(const struct caller *c, struct str shop_id, unsigned roles)
{
    if (c->role == ROLE_ADMIN)
        return true;
    for (size_t i = 0; i < c->grant_count; i++) {
        if ((roles & ROLE_BIT(c->grants[i].role)) && str_eq(c->grants[i].shop, shop_id))
            return true;
    }
    return false;
}

unsigned caller_roles(const struct caller *c)
{
    unsigned roles = c->role == ROLE_NONE ? 0 : ROLE_BIT(c->role);
    for (size_t i = 0; i < c->grant_count; i++)
        roles |= ROLE_BIT(c->grants[i].role);
    return roles;
}
