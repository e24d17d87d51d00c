/** True for what a browser takes as a selector; '' is none, and right. */
export function isSelector(text: string): boolean {
  if (text.trim() === '') return true;
  try {
    document.createDocumentFragment().querySelector(text);
    return true;
  } catch {
    return false;
  }
}
