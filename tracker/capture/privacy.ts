/**
 * Selectors of what is hidden, by commas: of masked elements the text is replaced by dots, into blocked ones nobody looks. And
 * names of query parameters that stay in addresses. The site's own are added once, before anything is captured.
 */
export const privacy = { mask: '[data-datalab-mask]', block: '[data-datalab-block]', urlKeep: '' };
