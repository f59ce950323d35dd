// Builds the page's elements. Text is always inserted as text, never as markup.

/**
 * @typedef {{[Name in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Name]) => void}}
 *   Listeners
 * @typedef {{class?: string, on?: Listeners, data?: Record<string, string>, [name: string]:
 *   unknown}} Properties
 */

/**
 * Makes an element.
 *
 * `properties`: `class` sets the class, `on` is a map of event listeners, `data` of data-*
 * attributes; `aria-*`, `role`, `for` and everything else that is not a property of the element
 * become attributes; the rest are set as properties.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Properties} [properties]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  const { class: className, on: listeners = {}, data = {}, ...rest } = properties;
  if (className !== undefined) element.className = className;
  for (const [event, listener] of Object.entries(listeners)) {
    element.addEventListener(event, /** @type {EventListener} */ (listener));
  }
  Object.assign(element.dataset, data);
  for (const [name, value] of Object.entries(rest)) {
    if (value === undefined || value === null) continue;
    if (name in element) Object.assign(element, { [name]: value });
    else element.setAttribute(name, String(value));
  }
  element.append(
    .../** @type {(Node | string)[]} */ (children.filter((child) => child || child === '')),
  );
  return element;
}

/**
 * A copy of one of index.html's templates (pictograms, formulas).
 * @param {string} id
 */
export function fromTemplate(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  return /** @type {DocumentFragment} */ (template.content.cloneNode(true));
}

/**
 * Sets the text only if it changes, so that nothing is announced or laid out twice.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {Element} element @param {string} name @param {string | null} value */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
