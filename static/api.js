// The JSON API. A refusal is an Error whose message is the sentence for people.

export async function api(method, path, body) {
  const options = { method, headers: { accept: "application/json" } };
  if (method !== "GET") {
    // Writes need this type, so that no other site's form can make one.
    options.headers["content-type"] = "application/json";
    if (body !== undefined) options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The server cannot be reached.");
  }
  if (!response.ok) throw new Error(await sentence(response));
  if (response.status === 204) return null;
  const type = response.headers.get("content-type") ?? "";
  return type.includes("json") ? response.json() : response.text();
}

/** Why the server refused. */
export async function sentence(response) {
  try {
    const problem = await response.clone().json();
    return problem.detail || problem.title || `The server answered ${response.status}.`;
  } catch {
    return `The server answered ${response.status}.`;
  }
}

/** A page's part: HTML that the server made. */
export async function part(path, options = {}) {
  const response = await fetch(path, { headers: { accept: "text/html" }, ...options });
  if (!response.ok) throw new Error(await sentence(response));
  return response.text();
}
