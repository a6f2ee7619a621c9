/* room_kinds.h - what rooms there are. ROOM_KIND(NAME, "word", meaning) */
ROOM_KIND(OPEN, "open", "a person adds himself by the uri")
ROOM_KIND(INVITE, "invite", "members add others, or invite them by a link")
ROOM_KIND(ORDER, "order", "the thread of an order: its customer, the shop's crew, and whoever holds its link")
