// The JSON API. A refusal is an Error whose message is the sentence for people.

/** What parts of pages are asked for as. */
export const PART = "text/html, application/problem+json";

export async function api(method, path, body) {
  const options = { method, headers: { accept: "application/json" } };
  if (method !== "GET") {
    // Writes need this type, so that no other site's form can make one.
    options.headers["content-type"] = "application/json";
    if (body !== undefined) options.body = JSON.stringify(body);
  }
  const response = await reached(path, options);
  if (!response.ok) throw await refusal(response);
  if (response.status === 204) return null;
  const type = response.headers.get("content-type") ?? "";
  return type.includes("json") ? response.json() : response.text();
}

/** Asks the server. A browser's own words for a server that is away differ, and help nobody. */
export async function reached(path, options = {}) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Error("The server cannot be reached. Is Creel still running?");
  }
}

/** Why the server refused: an Error with the sentence and the field. */
export async function refusal(response) {
  let problem = {};
  try { problem = await response.json(); } catch { /* The status says enough. */ }
  const error = new Error(problem.detail || problem.title || `The server answered ${response.status}.`);
  error.field = problem.field;
  return error;
}

/** A page's part: HTML that the server made. Problems are asked for as the API tells them. */
export async function part(path, options = {}) {
  const response = await reached(path, { headers: { accept: PART }, ...options });
  if (!response.ok) throw await refusal(response);
  return response.text();
}
