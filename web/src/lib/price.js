/* price.js - amounts of /v1 are integers in minor units; people and formatMoney() read major ones. */

const STORED_DIGITS = { KRW: 0 } // every other currency is kept in hundredths

/** @param {number} amount minor units @returns {number} major units */
export const toMajor = (amount, currency) => amount / 10 ** (STORED_DIGITS[currency] ?? 2)
