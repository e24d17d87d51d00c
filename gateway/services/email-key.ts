/** By which people are found, and their attempts counted: emails are the same whatever their capitals. */
export const emailKeyOf = (email: string): string => email.normalize('NFC').toLowerCase();
