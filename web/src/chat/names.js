/* names.js - people as they are called in a chat. */

/** "Siti Aminah", or the username of whoever gave no name. */
export const nameOf = (user) => [user?.first_name, user?.last_name].filter(Boolean).join(' ') || (user?.username ?? '')

/** The letter on a face. */
export const letterOf = (name) => ([...name][0] ?? '·').toUpperCase()
