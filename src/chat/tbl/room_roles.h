/* room_roles.h - what members are in a room, the first the strongest; their order is stored.
 * ROOM_ROLE(NAME, "word") */
ROOM_ROLE(OWNER, "owner")
ROOM_ROLE(MODERATOR, "moderator")
ROOM_ROLE(MEMBER, "member")
