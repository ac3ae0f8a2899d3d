//! What events mean: contracts, sessions, conversations, checklists, what is expected.

use serde_json::{Value, json};

use crate::helpers::{TestApp, raw};
use crate::seeds::{EVENTS, parts};

/// Sends an event of the documents to a bin, as it is.
fn send(app: &TestApp, bin: &str, message: &[u8]) {
    let (head, body) = parts(message);
    let head = str::from_utf8(head).unwrap().replacen("POST /hook", &format!("POST /{bin}/hook"), 1);
    assert_eq!(raw::exchange(app.capture, &[head.as_bytes(), body].concat()).status, 200);
}

async fn post(app: &TestApp, bin: &str, fields: &[(&str, &str)], body: &str) {
    let mut request = app.client.post(format!("{}/{bin}", app.started.capture_url)).body(body.to_owned());
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    assert_eq!(request.send().await.unwrap().status(), 200);
}

/// A page with its code in backticks again, as the API writes it.
fn in_words(html: &str) -> String {
    html.replace("<code>", "`").replace("</code>", "`")
}

#[actix_web::test]
async fn the_documents_own_events_are_as_their_contracts_say() {
    let app = TestApp::start().await;
    let bin = app.bin_id().await;
    for (name, message) in EVENTS {
        send(&app, &bin, message);
        let contract = app.get(&format!("/bins/{bin}/requests/latest/contract")).await;
        let (provider, event) = name.split_once(' ').unwrap();
        assert_eq!((&contract["provider"], &contract["event"]), (&json!(provider), &json!(event)));
        assert_eq!(contract["findings"], json!([]), "{name}");
        assert_eq!(contract["not_checked_because"], Value::Null);
    }
}

#[actix_web::test]
async fn what_breaks_a_contract_is_told_by_the_api_in_the_tree_and_on_the_events_tab() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "events", "provider": "callaider", "secret": "whsec_callaider_live"})).await;
    let body = json!({
        "event": "session.ended", "timestamp": "2026-05-28T12:34:56.789Z", "assistantId": "123",
        "sessionId": "2d7b8f7f-2de0-4db9-ae6f-9a1f8d98f6d2",
        "data": {"durationSeconds": 27, "transcript": [{"role": "bot", "content": "<b>", "timestamp": 1_779_954_672_417_u64}]},
    });
    let fields = [("Content-Type", "application/json"), ("X-Callaider-Event", "session.ended")];
    post(&app, "events", &fields, &body.to_string()).await;
    let latest = "/bins/events/requests/latest";
    let contract = app.get(&format!("{latest}/contract")).await;
    let found: Vec<_> = contract["findings"].as_array().unwrap().iter().collect();
    let told: Vec<_> = found.iter().map(|one| (&one["place"], &one["header"], &one["pointer"], &one["code"])).collect();
    let expected = [
        json!(["header", "X-Callaider-Signature", null, "missing"]),
        json!(["body", null, "/assistantId", "wrong_type"]),
        json!(["body", null, "/data/transcript/0/role", "unknown_value"]),
        json!(["body", null, "/data/reason", "missing"]),
    ];
    assert_eq!(json!(told), json!(expected));
    assert!(found.iter().all(|one| one["severity"] == "breaks" && one["source"]["text"].is_string()), "{found:?}");
    let id = app.requests("events").await[0]["id"].as_str().unwrap().to_owned();
    let page = async |path: &str| {
        let url = format!("{}/bins/events/requests/{id}{path}", app.started.console_url);
        in_words(&app.client.get(url).send().await.unwrap().text().await.unwrap())
    };
    let tree = page("").await;
    for sentence in ["`assistantId` is a text, not a whole number.", "The field `reason` is missing."] {
        assert_eq!(tree.matches(sentence).count(), 1, "{sentence}: {tree}");
    }
    let children = page("/json?node=0&offset=2").await;
    assert!(children.contains("`assistantId` is a text"), "fetched later, it is there too: {children}");
    let tab = page("?tab=event").await;
    assert!(tab.contains("4 break the contract") && tab.contains("reason - end reason"), "{tab}");
}

#[actix_web::test]
async fn what_is_no_event_of_a_known_document_says_why_it_is_not_checked_against_one() {
    let app = TestApp::start().await;
    let bin = app.bin_id().await;
    post(&app, &bin, &[("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "1")], "{}").await;
    let contract = app.get(&format!("/bins/{bin}/requests/latest/contract")).await;
    assert_eq!(contract["not_checked_because"], "No document of the platform is known in full.");
    assert_eq!((&contract["provider"], &contract["findings"]), (&Value::Null, &json!([])));
}

/// A Pathors event.
fn pathors(event: &str, session: &str, timestamp: &str, more: &Value) -> String {
    let mut body = json!({"event": event, "sessionId": session, "timestamp": timestamp});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body.to_string()
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

fn codes(session: &Value) -> Vec<&str> {
    session["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn a_session_has_its_events_in_order_and_what_is_against_the_document() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "calls", "provider": "pathors"})).await;
    let talk = json!({"currentNodeId": "n", "messagesCount": 2, "extractedVariables": {"name": "Ada"}});
    let mut combined = talk.clone();
    combined["projectId"] = "p".into();
    let at = "2026-05-28T12:40:00.000Z";
    // A text session that has a call, ends differently, and is finalized twice.
    post(&app, "calls", &[JSON], &pathors("session.ended", "s/1 ü", at, &talk)).await;
    combined["extractedVariables"]["name"] = "Eve".into();
    let finalized = pathors("session.finalized", "s/1 ü", at, &combined);
    post(&app, "calls", &[JSON], &finalized).await;
    let call = json!({"projectId": "p", "callStatus": "busy", "callDuration": 0});
    post(&app, "calls", &[JSON], &pathors("call.ended", "s/1 ü", at, &call)).await;
    post(&app, "calls", &[JSON], &finalized).await;
    // As it should be.
    combined["extractedVariables"]["name"] = "Ada".into();
    post(&app, "calls", &[JSON], &pathors("session.ended", "s2", at, &talk)).await;
    post(&app, "calls", &[JSON], &pathors("session.finalized", "s2", at, &combined)).await;
    let page = app.get("/bins/calls/sessions").await;
    let sessions = page["sessions"].as_array().unwrap();
    let ids: Vec<_> = sessions.iter().map(|session| session["id"].as_str().unwrap()).collect();
    assert_eq!((ids, &page["next"]), (vec!["s2", "s/1 ü"], &Value::Null));
    assert_eq!(codes(&sessions[0]), Vec::<&str>::new());
    let expected = ["twice", "after_end", "not_of_a_text_session", "contradiction"];
    assert_eq!(codes(&sessions[1]), expected);
    // Named in a path, with what a path may not hold.
    let one = app.get("/bins/calls/sessions/s%2F1%20%C3%BC").await;
    assert_eq!((&one["id"], &one["total"], codes(&one)), (&json!("s/1 ü"), &json!(4), expected.to_vec()));
    let names: Vec<_> = one["events"].as_array().unwrap().iter().map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["session.ended", "session.finalized", "call.ended", "session.finalized"]);
    let twice = &one["findings"][0];
    assert!(twice["source"]["text"].as_str().unwrap().contains("fires at most once per session"), "{twice}");
    assert_eq!(twice["requests"], json!([one["events"][1]["request"], one["events"][3]["request"]]));
    let url = format!("{}/bins/calls/sessions/s%2F1%20%C3%BC", app.started.console_url);
    let html = app.client.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("fires at most once per session") && html.contains("that of a text session"), "{html}");
    let missing = app.client.get(app.api("/bins/calls/sessions/nobody")).send().await.unwrap();
    assert_eq!(missing.status(), 404);
}

#[actix_web::test]
async fn a_session_of_any_name_is_reached_by_every_link_to_it() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "calls", "provider": "pathors"})).await;
    let talk = json!({"currentNodeId": "n", "messagesCount": 2, "extractedVariables": {}});
    let names = [".", "..", "...", "a/b", "50%", "%2e%2e", "%2F", "a?b#c", "a b+c", "../x", "ü"];
    let console = url::Url::parse(&format!("{}/bins/calls/sessions", app.started.console_url)).unwrap();
    for name in names {
        post(&app, "calls", &[JSON], &pathors("session.ended", name, "2026-05-28T12:40:00.000Z", &talk)).await;
        let latest = app.get("/bins/calls/requests/latest").await["id"].as_str().unwrap().to_owned();
        let list = app.client.get(console.clone()).send().await.unwrap().text().await.unwrap();
        let tab = console.join(&format!("/bins/calls/requests/{latest}?tab=event")).unwrap();
        let tab = app.client.get(tab).send().await.unwrap().text().await.unwrap();
        // The newest session stands first; the tab has one link to its session.
        for page in [list, tab] {
            let links: Vec<&str> = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            let is_session = |link: &&str| link.contains("/sessions/") || link.contains("/session?");
            let link = links.into_iter().find(is_session).unwrap().replace("&#38;", "&");
            // As a browser does: dot segments go, however they are written.
            let link = console.join(&link).unwrap();
            let shown = app.client.get(link.clone()).send().await.unwrap();
            assert_eq!(shown.status(), 200, "{name}: {link}");
            let shown = shown.text().await.unwrap();
            assert!(shown.contains(&format!("session-id\">{name}</span>")), "{name}: {link}: {shown}");
        }
        let mut url = url::Url::parse(&app.api("/bins/calls/session")).unwrap();
        url.query_pairs_mut().append_pair("id", name);
        let one: Value = app.client.get(url).send().await.unwrap().json().await.unwrap();
        assert_eq!((&one["id"], &one["total"]), (&json!(name), &json!(1)), "{one}");
    }
    // Of a long name its beginning is kept; it is found by the whole as well.
    let long = "x".repeat(300);
    post(&app, "calls", &[JSON], &pathors("session.ended", &long, "2026-05-28T12:40:00.000Z", &talk)).await;
    let listed = app.get("/bins/calls/sessions").await["sessions"][0]["id"].clone();
    for name in [long.as_str(), listed.as_str().unwrap()] {
        let mut url = url::Url::parse(&app.api("/bins/calls/sessions")).unwrap();
        url.path_segments_mut().unwrap().push(name);
        let one: Value = app.client.get(url).send().await.unwrap().json().await.unwrap();
        assert_eq!((&one["id"], &one["total"]), (&listed, &json!(1)), "{one}");
    }
    for unknown in ["/bins/calls/session?id=nobody", "/bins/calls/session"] {
        let status = app.client.get(app.api(unknown)).send().await.unwrap().status().as_u16();
        assert_eq!(status, if unknown.contains('?') { 404 } else { 400 });
    }
}

#[actix_web::test]
async fn what_was_turned_down_what_is_forged_and_what_creel_sent_itself_are_told_apart() {
    let app = TestApp::start().await;
    let response = json!({"script": [{"status": 503}, {"status": 200}]});
    app.bin(json!({"name": "calls", "provider": "pathors", "secret": "Bearer tok", "response": response})).await;
    let talk = json!({"currentNodeId": "n", "messagesCount": 2, "extractedVariables": {}});
    let body = pathors("session.ended", "s", "2026-05-28T12:40:00.000Z", &talk);
    let proven = [JSON, ("Authorization", "Bearer tok")];
    for fields in [&proven[..], &[JSON, ("Authorization", "Bearer no")]] {
        let mut request = app.client.post(format!("{}/calls", app.started.capture_url)).body(body.clone());
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap();
    }
    let id = app.requests("calls").await[0]["id"].as_str().unwrap().to_owned();
    let replay = app.client.post(app.api(&format!("/bins/calls/requests/{id}/replay")));
    let target = format!("{}/calls", app.started.capture_url);
    assert_eq!(replay.json(&json!({"target": target})).send().await.unwrap().status(), 200);
    let session = app.get("/bins/calls/sessions/s").await;
    let left_out: Vec<_> = session["events"].as_array().unwrap().iter().map(|event| &event["left_out"]).collect();
    assert_eq!(json!(left_out), json!([null, "not proven by its signature", "sent by Creel"]));
    assert_eq!(codes(&session), ["not_accepted"]);
    assert_eq!(session["findings"][0]["sentence"], "session.ended was answered 503. Pathors does not send it again.");
    let url = format!("{}/bins/calls/requests/{id}?tab=event", app.started.console_url);
    let tab = app.client.get(url).send().await.unwrap().text().await.unwrap();
    assert!(tab.contains("Answered 503. Pathors does not send it again."), "{tab}");
}

#[actix_web::test]
async fn what_is_expected_is_the_platforms_own_choice_until_another_is_made() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "calls", "provider": "pathors"})).await;
    let talk = json!({"currentNodeId": "n", "messagesCount": 2, "extractedVariables": {}, "projectId": "p"});
    post(&app, "calls", &[JSON], &pathors("session.finalized", "s", "2026-05-28T12:40:00.000Z", &talk)).await;
    let session = async || app.get("/bins/calls/sessions/s").await;
    assert_eq!(session().await["missing"], json!(["session.ended"]));
    let expect = app.get("/bins/calls/expect").await;
    assert_eq!((&expect["events"], &expect["silence_s"]), (&Value::Null, &json!(1_800)));
    let put = async |body: Value| {
        let response = app.client.put(app.api("/bins/calls/expect")).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    assert_eq!(put(json!({"events": ["session.finalized"]})).await.0, 200);
    assert_eq!(session().await["missing"], json!([]));
    assert_eq!(app.get("/bins/calls/expect").await["events"], json!(["session.finalized"]));
    let (status, problem) = put(json!({"events": ["session.paused"]})).await;
    assert_eq!((status, &problem["field"]), (422, &json!("events[0]")), "{problem}");
    let (status, problem) = put(json!({"silence_s": 0})).await;
    assert_eq!((status, &problem["field"]), (422, &json!("silence_s")), "{problem}");
    assert_eq!(put(json!({})).await.0, 200);
    assert_eq!(session().await["missing"], json!(["session.ended"]), "it goes back");
}

/// A CallAIder session.ended with this transcript.
fn ended(transcript: &Value) -> String {
    json!({
        "event": "session.ended", "timestamp": "2026-05-28T12:35:24.102Z", "assistantId": 123,
        "sessionId": "2d7b8f7f-2de0-4db9-ae6f-9a1f8d98f6d2",
        "data": {"reason": "assistant_ended", "durationSeconds": 27, "transcript": transcript},
    })
    .to_string()
}

const ENDED: (&str, &str) = ("X-Callaider-Event", "session.ended");

#[actix_web::test]
async fn a_conversation_is_read_on_the_events_tab_and_on_the_sessions_page_and_exported() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "talks", "provider": "callaider"})).await;
    let transcript = json!([
        {"role": "assistant", "content": "Hello <b>", "timestamp": 1_779_971_697_000_u64},
        {"role": "tool", "content": "", "timestamp": 1_779_971_705_500_u64,
         "toolCall": {"name": "reschedule", "arguments": {"day": "friday"}, "error": "closed"}},
    ]);
    post(&app, "talks", &[JSON, ENDED], &ended(&transcript)).await;
    let id = app.requests("talks").await[0]["id"].as_str().unwrap().to_owned();
    for path in [format!("requests/{id}?tab=event"), "sessions/2d7b8f7f-2de0-4db9-ae6f-9a1f8d98f6d2".to_owned()] {
        let url = format!("{}/bins/talks/{path}", app.started.console_url);
        let html = app.client.get(url).send().await.unwrap().text().await.unwrap();
        for part in [
            "Hello &lt;b&gt;",
            "reschedule",
            "friday",
            "closed",
            "8.5 s without a message",
            "2 messages",
            "assistant_ended",
        ] {
            assert!(html.contains(part), "{path}: {part}: {html}");
        }
    }
    let tab =
        app.client.get(format!("{}/bins/talks/requests/{id}?tab=event", app.started.console_url)).send().await.unwrap();
    let key = "data-copy=\"2d7b8f7f-2de0-4db9-ae6f-9a1f8d98f6d2:session.ended\"";
    assert!(tab.text().await.unwrap().contains(key), "the idempotency key can be copied");
    let exported = app.get("/bins/talks/requests/latest/transcript").await;
    assert_eq!(exported, transcript);
    let text = app.bytes("/bins/talks/requests/latest/transcript?as=text").await;
    assert!(text.starts_with(b"[00:00] assistant: Hello <b>\n[00:08] tool: \n    call of reschedule\n"));
    let wrong = app.client.get(app.api("/bins/talks/requests/latest/transcript?as=pdf")).send().await.unwrap();
    assert_eq!(wrong.status(), 400);
    post(&app, "talks", &[], "{}").await;
    let none = app.client.get(app.api("/bins/talks/requests/latest/transcript")).send().await.unwrap();
    assert_eq!(none.status(), 404);
}

#[actix_web::test]
async fn a_transcript_of_ten_mebibytes_is_a_page_of_a_hundred_messages() {
    let app = TestApp::start_with(|config| config.max_body = 12 << 20).await;
    app.bin(json!({"name": "talks", "provider": "callaider"})).await;
    let text = "word ".repeat(40);
    let items: Vec<Value> = (0..42_000_u64)
        .map(|number| json!({"role": "user", "content": text, "timestamp": 1_779_971_697_000 + number * 1_000}))
        .collect();
    let body = ended(&json!(items));
    assert!(body.len() > 10 << 20 && body.len() < 12 << 20, "{}", body.len());
    post(&app, "talks", &[JSON, ENDED], &body).await;
    let id = app.requests("talks").await[0]["id"].as_str().unwrap().to_owned();
    for path in [format!("requests/{id}?tab=event"), "sessions/2d7b8f7f-2de0-4db9-ae6f-9a1f8d98f6d2?".to_owned()] {
        let url = format!("{}/bins/talks/{path}&message=41900", app.started.console_url);
        let started = std::time::Instant::now();
        let html = app.client.get(url).send().await.unwrap().text().await.unwrap();
        eprintln!("{path}: {:?}", started.elapsed());
        assert_eq!(html.matches("<li class=\"said ").count(), 100, "{path}");
        assert!(html.contains("41,901 to 42,000 of 42,000 messages, 10."), "{path}");
        assert!(html.len() < 300_000, "{}", html.len());
    }
}

#[actix_web::test]
async fn a_recording_says_whether_its_url_has_run_out() {
    let clock = creel::inside::Clock::fixed("2026-05-28T12:45:00.000Z".parse().unwrap());
    let app = TestApp::start_at(clock.clone(), |_| {}).await;
    app.bin(json!({"name": "calls", "provider": "pathors"})).await;
    let url = "https://b.s3.amazonaws.com/r.mp3?X-Amz-Date=20260528T124100Z&X-Amz-Expires=900&X-Amz-Signature=a";
    let body = pathors("recording.ready", "s", "2026-05-28T12:41:00.000Z", &json!({"recordingUrl": url}));
    post(&app, "calls", &[JSON], &body).await;
    let id = app.requests("calls").await[0]["id"].as_str().unwrap().to_owned();
    let tab = async || {
        let url = format!("{}/bins/calls/requests/{id}?tab=event", app.started.console_url);
        app.client.get(url).send().await.unwrap().text().await.unwrap()
    };
    assert!(tab().await.contains("runs out in 11 min, by its own X-Amz-Date and X-Amz-Expires"));
    clock.set("2026-05-28T12:57:40.000Z".parse().unwrap());
    assert!(tab().await.contains("came 12 min ago; ran out 100 s ago"));
}

#[actix_web::test]
async fn the_checklist_fills_itself_in_from_what_came_and_takes_the_owners_word() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "talks", "provider": "callaider", "secret": "whsec_callaider_live"})).await;
    let checklist = async || app.get("/bins/talks/checklist").await;
    let state = |list: &Value, id: &str| {
        let points = list["points"].as_array().unwrap();
        points.iter().find(|point| point["id"] == id).unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(checklist().await["settled"], 0);
    post(&app, "talks", &[JSON, ENDED, ("X-Forwarded-For", "203.0.113.9")], &ended(&json!([]))).await;
    let list = checklist().await;
    assert_eq!((state(&list, "reachable"), state(&list, "events")), ("proven".to_owned(), "not_seen".to_owned()));
    let put = async |point: &str, body: Value| {
        let response =
            app.client.put(app.api(&format!("/bins/talks/checklist/{point}"))).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, list) = put("alerts", json!({"stated": true, "note": "Alert 5xx"})).await;
    assert_eq!((status, state(&list, "alerts").as_str()), (200, "stated"));
    assert_eq!(put("nothing", json!({"stated": true})).await.0, 404);
    assert_eq!(put("alerts", json!({"stated": true, "note": "x".repeat(1_001)})).await.0, 422);
    let markdown = String::from_utf8(app.bytes("/bins/talks/checklist?format=md").await).unwrap();
    assert!(markdown.contains("(stated by hand)") && markdown.contains("Alert 5xx"), "{markdown}");
    assert!(markdown.contains(&format!("{}/bins/talks/requests/", app.started.console_url)), "{markdown}");
    let page = app.client.get(format!("{}/bins/talks/checklist", app.started.console_url)).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("Alerts for endpoint 4xx/5xx are configured."));
    let (_, list) = put("alerts", json!({"stated": false})).await;
    assert_eq!(state(&list, "alerts"), "not_seen");
    app.bin(json!({"name": "other"})).await;
    assert_eq!(app.client.get(app.api("/bins/other/checklist")).send().await.unwrap().status(), 404);
}

#[actix_web::test]
async fn where_no_document_is_known_the_shape_is_learnt_and_drift_is_told() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "code"})).await;
    let push = async |body: Value| {
        let fields = [JSON, ("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "1")];
        post(&app, "code", &fields, &body.to_string()).await;
    };
    for number in 0..4 {
        push(json!({"ref": format!("refs/heads/b{number}"), "size": number, "commits": [{"id": "a"}]})).await;
    }
    push(json!({"ref": 7, "commits": [{"id": "a", "author": "ada"}]})).await;
    let contract = app.get("/bins/code/requests/latest/contract").await;
    let drift: Vec<_> =
        contract["drift"].as_array().unwrap().iter().map(|one| (&one["pointer"], &one["code"])).collect();
    let expected = [["/size", "missing"], ["/commits/*/author", "new_field"], ["/ref", "retyped"]];
    assert_eq!(json!(drift), json!(expected));
    let events = app.get("/bins/code/events").await;
    assert_eq!((&events["events"][0]["name"], &events["events"][0]["count"]), (&json!("push"), &json!(5)));
    let shape = app.get("/bins/code/contract?event=push").await;
    assert_eq!((&shape["samples"], &shape["json_schema"]["required"]), (&json!(5), &json!(["commits", "ref"])));
    assert!(shape["typescript"].as_str().unwrap().starts_with("export type Push = {\n  commits: {"), "{shape}");
    let id = app.requests("code").await[4]["id"].as_str().unwrap().to_owned();
    let page = async |path: &str| {
        let url = format!("{}/bins/code/{path}", app.started.console_url);
        in_words(&app.client.get(url).send().await.unwrap().text().await.unwrap())
    };
    assert!(page("contract?event=push").await.contains("learnt from 5 bodies"));
    assert!(page(&format!("requests/{id}?tab=event")).await.contains("`/size` is missing; it was there 4 times of 4."));
    assert_eq!(app.client.get(app.api("/bins/code/contract?event=none")).send().await.unwrap().status(), 404);
}

#[actix_web::test]
async fn the_same_request_again_names_the_earlier_ones_and_what_they_were_answered() {
    let app = TestApp::start().await;
    let response = json!({"script": [{"status": 503}, {"status": 503}, {"status": 200}]});
    app.bin(json!({"name": "alerts", "response": response})).await;
    let send = async |path: &str, body: &str| {
        let url = format!("{}/alerts{path}", app.started.capture_url);
        app.client.post(url).body(body.to_owned()).send().await.unwrap();
    };
    for (path, body) in [("/a", "firing"), ("/b", "firing"), ("/a", "firinG"), ("/a", "firing")] {
        send(path, body).await;
    }
    let requests = app.requests("alerts").await;
    let repeats = app.get("/bins/alerts/requests/latest/repeats").await;
    let found = repeats["repeats"].as_array().unwrap();
    assert_eq!((found.len(), &found[0]["request"], &found[0]["status"]), (1, &requests[0]["id"], &json!(503)));
    let id = requests[3]["id"].as_str().unwrap();
    let url = format!("{}/bins/alerts/requests/{id}?tab=event", app.started.console_url);
    let html = app.client.get(url).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("the same method, path and body came") && html.contains("before, answered 503"), "{html}");
}

#[actix_web::test]
async fn a_platforms_bin_says_what_its_document_says_to_those_who_set_it_up() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "talks", "provider": "callaider"})).await;
    app.bin(json!({"name": "calls", "provider": "pathors", "public_url": "https://h.example/calls"})).await;
    let page = async |path: &str| {
        let url = format!("{}/bins/{path}", app.started.console_url);
        app.client.get(url).send().await.unwrap().text().await.unwrap()
    };
    assert!(page("talks").await.contains("If webhookUrl is not set, events are not sent."));
    let settings = page("talks/settings").await;
    assert!(settings.contains("data-usual-response=\"{&#34;ok&#34;:true,"), "{settings}");
    let calls = page("calls").await;
    assert!(calls.contains("postSessionWebhook") && calls.contains("https://h.example/calls"), "{calls}");
    let signed = ("X-Callaider-Signature", "sha256=0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0");
    post(&app, "talks", &[JSON, ENDED, signed], &ended(&json!([]))).await;
    let id = app.requests("talks").await[0]["id"].as_str().unwrap().to_owned();
    let tab = page(&format!("talks/requests/{id}?tab=signature")).await;
    assert!(tab.contains("a secret can be generated automatically"), "{tab}");
}

async fn put(app: &TestApp, path: &str, body: &Value) -> (u16, Value) {
    let response = app.client.put(app.api(path)).json(body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[actix_web::test]
async fn a_json_schema_of_ones_own_checks_every_request_with_its_event() {
    let app = TestApp::start().await;
    let bin = app.bin_id().await;
    let hook = |body: &'static str| {
        let fields = [("Content-Type", "application/json"), ("X-GitHub-Event", "push/it"), ("X-GitHub-Delivery", body)];
        let (app, bin) = (&app, &bin);
        async move { post(app, bin, &fields, body).await }
    };
    hook(r#"{"ref": "main", "size": 3}"#).await;
    let latest = format!("/bins/{bin}/requests/latest");
    assert_eq!(app.get(&format!("{latest}/contract")).await["schema"], Value::Null);

    let schema = json!({
        "type": "object", "required": ["ref", "after"], "additionalProperties": false,
        "properties": {"ref": {"type": "string"}, "size": {"$ref": "#/$defs/count"}, "after": {}},
        "$defs": {"count": {"type": "integer", "maximum": 2}},
    });
    let path = format!("/bins/{bin}/schemas/push%2Fit");
    let (status, set) = put(&app, &path, &schema).await;
    assert_eq!((status, &set["event"], &set["schema"]), (200, &json!("push/it"), &schema));
    let contract = app.get(&format!("{latest}/contract")).await;
    let found: Vec<_> = contract["schema"]["findings"].as_array().unwrap().iter().collect();
    let told: Vec<_> = found.iter().map(|one| (&one["pointer"], &one["code"], &one["severity"])).collect();
    assert_eq!(json!(told), json!([["/after", "missing", "breaks"], ["/size", "schema", "breaks"]]));
    assert_eq!(contract["provider"], Value::Null, "there is no document of this platform");

    let id = app.requests(&bin).await[0]["id"].as_str().unwrap().to_owned();
    let page = async |path: &str| {
        let url = format!("{}/bins/{bin}{path}", app.started.console_url);
        in_words(&app.client.get(url).send().await.unwrap().text().await.unwrap())
    };
    let tree = page(&format!("/requests/{id}")).await;
    for words in ["breaks your schema", "`after` is missing; your schema requires it."] {
        assert!(tree.contains(words), "{words}: {tree}");
    }
    assert_eq!(tree.matches("breaks your schema").count(), 2);
    let tab = page(&format!("/requests/{id}?tab=event")).await;
    assert!(tab.contains("Your JSON Schema") && tab.contains("2 differences"), "{tab}");
    let shapes = page("/contract?event=push%2Fit").await;
    assert!(shapes.contains("&#34;maximum&#34;: 2") && shapes.contains("set on "), "{shapes}");
    hook(r#"{"ref": "main", "after": null}"#).await;
    assert_eq!(app.get(&format!("{latest}/contract")).await["schema"]["findings"], json!([]));
    hook("{").await;
    assert_eq!(app.get(&format!("{latest}/contract")).await["schema"]["findings"][0]["code"], "not_json");

    // What cannot be used is refused at its place, and what is set stays.
    for (wrong, field) in [
        (json!({"properties": {"a": {"$ref": "http://169.254.169.254/"}}}), "/properties/a/$ref"),
        (json!({"$ref": "file:///etc/passwd"}), "/$ref"),
        (json!({"type": 5}), "/type"),
    ] {
        let (status, problem) = put(&app, &path, &wrong).await;
        assert_eq!((status, &problem["code"], &problem["field"]), (422, &json!("invalid_field"), &json!(field)));
    }
    assert_eq!(put(&app, &path, &json!([])).await.0, 422);
    let long = format!("/bins/{bin}/schemas/{}", "x".repeat(300));
    assert_eq!(put(&app, &long, &schema).await.0, 422);
    for number in 0..19 {
        assert_eq!(put(&app, &format!("/bins/{bin}/schemas/e{number}"), &json!({})).await.0, 200);
    }
    let (status, problem) = put(&app, &format!("/bins/{bin}/schemas/more"), &json!({})).await;
    assert!(status == 422 && problem["detail"].as_str().unwrap().contains("at most 20"), "{problem}");
    assert_eq!(put(&app, &path, &json!({"type": "object"})).await.0, 200, "one that is there is replaced");
    assert_eq!(app.get(&format!("/bins/{bin}/schemas")).await["schemas"].as_array().unwrap().len(), 20);
    assert_eq!(app.get(&path).await["schema"], json!({"type": "object"}));
    for status in [204, 404] {
        assert_eq!(app.client.delete(app.api(&path)).send().await.unwrap().status(), status);
    }
    assert_eq!(app.client.get(app.api(&path)).send().await.unwrap().status(), 404);
    assert_eq!(app.get(&format!("{latest}/contract")).await["schema"], Value::Null);
}

#[actix_web::test]
async fn a_timeline_shows_bursts_what_came_again_and_what_was_not_accepted() {
    let app = TestApp::start().await;
    let bin = app.bin_id().await;
    assert_eq!(app.get(&format!("/bins/{bin}/timeline")).await["lanes"], json!([]));
    let github = |event: &'static str, delivery: String| {
        let (app, bin) = (&app, &bin);
        let fields = async move || {
            let fields = [("X-GitHub-Event", event), ("X-GitHub-Delivery", delivery.as_str())];
            post(app, bin, &fields, "{}").await;
        };
        async move { fields().await }
    };
    for number in 0..12 {
        github("push", format!("p{number}")).await;
    }
    github("push", "p3".to_owned()).await;
    github("odd \"name\"", "i".to_owned()).await;
    post(&app, &bin, &[], "no event").await;
    let (status, _) = put(&app, &format!("/bins/{bin}/response"), &json!({"status": 503})).await;
    assert_eq!(status, 200);
    let last = app.client.post(format!("{}/{bin}", app.started.capture_url)).send().await.unwrap();
    assert_eq!(last.status(), 503);

    let timeline = app.get(&format!("/bins/{bin}/timeline")).await;
    let total = |kind: &str, event: Option<&str>| {
        let lanes = timeline["lanes"].as_array().unwrap().iter();
        let mut found = lanes.filter(|lane| lane["kind"] == kind && lane["event"].as_str() == event);
        found.next().map(|lane| {
            let counts = lane["counts"].as_array().unwrap().iter();
            assert_eq!(counts.map(|count| count.as_u64().unwrap()).sum::<u64>(), lane["total"].as_u64().unwrap());
            lane["total"].as_u64().unwrap()
        })
    };
    let expected = [
        ("all", None, Some(16)),
        ("event", Some("push"), Some(13)),
        ("event", Some("odd \"name\""), Some(1)),
        ("no_event", None, Some(2)),
        ("again", None, Some(1)),
        ("not_accepted", None, Some(1)),
        ("rejected", None, None),
        ("deliveries", None, None),
    ];
    for (kind, event, count) in expected {
        assert_eq!(total(kind, event), count, "{kind}: {timeline}");
    }
    assert_eq!(timeline["looked_at"], 16);

    // What a bar leads to is what it counts.
    let url = format!("{}/bins/{bin}/timeline", app.started.console_url);
    let page = app.client.get(&url).send().await.unwrap().text().await.unwrap();
    for (name, count) in [("push", 13), ("odd &#34;name&#34;", 1), ("The same event again", 1), ("Not answered 2xx", 1)]
    {
        let (before, _) = page.split_once(&format!(">{name}</a>")).unwrap_or_else(|| panic!("{name}: {page}"));
        let href = before.rsplit_once("href=\"").unwrap().1.trim_end_matches('"').replace("&#38;", "&");
        let query = href.split_once('?').unwrap().1;
        let found = app.get(&format!("/bins/{bin}/requests?{query}&limit=100")).await;
        assert_eq!(found["total"], count, "{name}: {href}");
    }
    assert!(page.contains("16 requests between") && page.contains("<rect"), "{page}");
    let none = app.get(&format!("/bins/{bin}/timeline?from=2001-01-01T00:00:00Z&to=2001-01-02T00:00:00Z")).await;
    assert_eq!((&none["lanes"][0]["total"], &none["bucket_ms"]), (&json!(0), &json!(1_800_000)));
    let refused = app.client.get(app.api(&format!("/bins/{bin}/timeline?by=hour"))).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    let refused = app.client.get(app.api(&format!("/bins/{bin}/timeline?from=soon"))).send().await.unwrap();
    assert_eq!(refused.status(), 400);
}

#[actix_web::test]
async fn a_timeline_by_session_has_a_lane_for_each_of_the_newest_and_counts_the_others() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "calls", "provider": "pathors"})).await;
    let at = "2026-05-28T12:40:00.000Z";
    let send = async |session: &str| {
        post(&app, "calls", &[JSON], &pathors("session.ended", session, at, &json!({}))).await;
    };
    for number in 0..14 {
        send(&format!("s{number}")).await;
    }
    post(&app, "calls", &[JSON], r#"{"no": "session"}"#).await;
    // A retry of the oldest session makes it the newest; its next one is not accepted.
    send("s0").await;
    let (status, _) = put(&app, "/bins/calls/response", &json!({"status": 500})).await;
    assert_eq!(status, 200);
    let refused = app.client.post(format!("{}/calls", app.started.capture_url)).header(JSON.0, JSON.1);
    let refused = refused.body(pathors("session.ended", "s0", at, &json!({}))).send().await.unwrap();
    assert_eq!(refused.status(), 500);

    let timeline = app.get("/bins/calls/timeline?by=session").await;
    let lanes = timeline["lanes"].as_array().unwrap();
    let sum = |counts: &Value| counts.as_array().unwrap().iter().map(|one| one.as_u64().unwrap()).sum::<u64>();
    let told: Vec<_> = lanes.iter().map(|lane| json!([lane["kind"], lane["session"], lane["total"]])).collect();
    let sessions = [0].into_iter().chain((3..14).rev());
    let sessions = sessions.map(|number| json!(["session", format!("s{number}"), if number == 0 { 3 } else { 1 }]));
    let others =
        json!([["other_sessions", null, 2], ["no_session", null, 1], ["again", null, 2], ["not_accepted", null, 1],]);
    let expected: Vec<_> = std::iter::once(json!(["all", null, 17]))
        .chain(sessions)
        .chain(others.as_array().unwrap().iter().cloned())
        .collect();
    assert_eq!(told, expected, "{timeline}");
    assert_eq!(timeline["left_out"], 2);
    assert_eq!((sum(&lanes[1]["again"]), sum(&lanes[1]["not_accepted"])), (2, 1), "{}", lanes[1]);
    assert_eq!(lanes[15]["again"], json!([]));

    let url = format!("{}/bins/calls/timeline?by=session&last=3600", app.started.console_url);
    let page = app.client.get(&url).send().await.unwrap().text().await.unwrap();
    for part in [
        "href=\"/bins/calls/sessions/s0\">s0</a>",
        "The 12 sessions with the newest requests have lanes of their own; 2 more in this range have not",
        "href=\"/bins/calls/timeline?last=3600\">By event</a>",
        "href=\"/bins/calls/timeline?by=session&#38;last=60\">1 min</a>",
        "class=\"lane-key bad\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let by_event = app.get("/bins/calls/timeline").await;
    assert_eq!((&by_event["lanes"][1]["event"], &by_event["left_out"]), (&json!("session.ended"), &json!(0)));
}

#[actix_web::test]
async fn headers_of_ones_own_are_expected_and_what_is_missing_or_different_is_told() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "calls", "provider": "pathors"})).await;
    let talk = json!({"currentNodeId": "n", "messagesCount": 2, "extractedVariables": {}});
    let ended = pathors("session.ended", "s1", "2026-05-28T12:40:00.000Z", &talk);
    let points = async || app.get("/bins/calls/checklist").await["points"].as_array().unwrap().clone();
    let state = async |id: &str| points().await.iter().find(|point| point["id"] == id).unwrap()["state"].clone();
    assert_eq!([state("headers").await, state("source").await], ["not_applicable", "not_applicable"]);

    let headers = json!([{"name": "Authorization", "value": "Bearer very-secret"}, {"name": "X-Route"}]);
    let (status, set) = put(&app, "/bins/calls/expect", &json!({"headers": headers})).await;
    assert_eq!((status, &set["headers"][1]), (200, &json!({"name": "X-Route", "sha256": null})));
    assert!(!set.to_string().contains("very-secret") && set["headers"][0]["sha256"].as_str().unwrap().len() == 64);
    assert_eq!(put(&app, "/bins/calls/expect", &set_again(&set)).await.1, set, "what is shown can be set again");
    assert_eq!(state("headers").await, "not_seen");

    let right = [JSON, ("Authorization", "Bearer very-secret"), ("X-Route", "a")];
    post(&app, "calls", &right, &ended).await;
    assert_eq!(app.get("/bins/calls/requests/latest/contract").await["headers"], json!([]));
    assert_eq!(state("headers").await, "proven");
    post(&app, "calls", &[JSON, ("Authorization", "Bearer wrong")], &ended).await;
    let contract = app.get("/bins/calls/requests/latest/contract").await;
    let told: Vec<_> =
        contract["headers"].as_array().unwrap().iter().map(|one| (&one["header"], &one["code"])).collect();
    assert_eq!(json!(told), json!([["Authorization", "other_value"], ["X-Route", "missing"]]));
    assert!(!contract.to_string().contains("Bearer"), "no value is repeated");
    assert_eq!(state("headers").await, "failed");
    let id = app.requests("calls").await[1]["id"].as_str().unwrap().to_owned();
    let url = format!("{}/bins/calls/requests/{id}?tab=event", app.started.console_url);
    let tab = app.client.get(url).send().await.unwrap().text().await.unwrap();
    assert!(tab.contains("Expected headers") && tab.contains("2 missing or different"), "{tab}");

    for (headers, field) in [
        (json!([{"name": "a b"}]), "headers[0].name"),
        (json!([{"name": "a", "value": "x\ny"}]), "headers[0].value"),
        (json!([{"name": "a", "sha256": "12"}]), "headers[0].sha256"),
        (json!([{"name": "a", "sha256": "12", "value": "b"}]), "headers[0].sha256"),
        (json!(vec![json!({"name": "a"}); 21]), "headers"),
    ] {
        let (status, problem) = put(&app, "/bins/calls/expect", &json!({"headers": headers})).await;
        assert_eq!((status, &problem["field"]), (422, &json!(field)), "{problem}");
    }
}

fn set_again(shown: &Value) -> Value {
    json!({"headers": shown["headers"], "silence_s": shown["silence_s"], "events": shown["events"]})
}

#[actix_web::test]
async fn an_event_of_a_known_platform_is_checked_against_the_last_one_and_text_sessions_have_no_calls() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "calls", "provider": "pathors"})).await;
    let at = "2026-05-28T12:40:00.000Z";
    let talk =
        json!({"projectId": "p", "currentNodeId": "n", "messagesCount": 2, "extractedVariables": {"name": "Ada"}});
    let mut other = talk.clone();
    other["extractedVariables"] = json!({"name": 5, "mood": "good"});
    post(&app, "calls", &[JSON], &pathors("session.finalized", "s1", at, &talk)).await;
    assert_eq!(app.get("/bins/calls/requests/latest/contract").await["drift"], json!([]), "it is the first");
    post(&app, "calls", &[JSON], &pathors("session.finalized", "s2", at, &other)).await;
    let contract = app.get("/bins/calls/requests/latest/contract").await;
    assert_eq!(contract["findings"], json!([]), "the document allows it");
    let told: Vec<_> =
        contract["drift"].as_array().unwrap().iter().map(|one| (&one["pointer"], &one["code"])).collect();
    let expected = [["/extractedVariables/mood", "new_field"], ["/extractedVariables/name", "retyped"]];
    assert_eq!(json!(told), json!(expected));
    assert_eq!(contract["drift"][0]["severity"], "drift");
    let id = app.requests("calls").await[1]["id"].as_str().unwrap().to_owned();
    let url = format!("{}/bins/calls/requests/{id}?tab=event", app.started.console_url);
    let tab = app.client.get(url).send().await.unwrap().text().await.unwrap();
    assert!(tab.contains("differs from the last"), "{tab}");
    // In the tree at its place; each once, on whatever page of the values it stands.
    let page = format!("{}/bins/calls/requests/{id}", app.started.console_url);
    let tree = in_words(&app.client.get(&page).send().await.unwrap().text().await.unwrap());
    assert_eq!(tree.matches("differs from the last").count(), 2, "{tree}");
    let place = |text: &str| tree.find(text).unwrap_or_else(|| panic!("{text}: {tree}"));
    assert!(
        place("`/extractedVariables/name` is now of the type integer") < place("`/extractedVariables/mood` is new.")
    );
    let found = app.client.get(format!("{page}/json/find?text=good")).send().await.unwrap().text().await.unwrap();
    let found = in_words(&found);
    assert!(found.contains("`/extractedVariables/mood` is new."), "{found}");

    let events = json!({"events": ["call.ended", "session.finalized"]});
    assert_eq!(put(&app, "/bins/calls/expect", &events).await.0, 200);
    let point = async || {
        let points = app.get("/bins/calls/checklist").await["points"].as_array().unwrap().clone();
        points.into_iter().find(|point| point["id"] == "events").unwrap()
    };
    let of_text = point().await;
    assert_eq!(of_text["state"], "proven");
    assert!(of_text["sentence"].as_str().unwrap().contains("Not applicable: call.ended"), "{of_text}");
    let mut call = talk;
    call["callStatus"] = "busy".into();
    call["callDuration"] = 0.into();
    post(&app, "calls", &[JSON], &pathors("session.finalized", "s3", at, &call)).await;
    assert_eq!(point().await["state"], "not_seen", "a call has come");
}

#[actix_web::test]
async fn the_same_request_again_is_marked_with_the_answer_before_where_no_platform_is_known() {
    let app = TestApp::start().await;
    let response = json!({"script": [{"status": 503}, {"status": 503}, {"status": 200}]});
    app.bin(json!({"name": "any", "response": response})).await;
    let url = format!("{}/any/am", app.started.capture_url);
    let alert = async |body: &str| {
        app.client.post(&url).header(JSON.0, JSON.1).body(body.to_owned()).send().await.unwrap();
    };
    alert(r#"{"alerts":[0]}"#).await;
    for _ in 0..3 {
        alert(r#"{"alerts":[1]}"#).await;
    }
    let requests = app.requests("any").await;
    let told: Vec<&Value> = requests.iter().map(|one| &one["event"]["same_before"]).collect();
    assert_eq!(json!(told), json!([null, null, {"status": 503}, {"status": 200}]));
    let latest = app.get("/bins/any/requests/latest").await;
    assert_eq!(latest["event"]["same_before"], json!({"status": 200}), "a request alone has it, too");
    let found = app.get("/bins/any/requests?q=is:duplicate").await;
    assert_eq!((&found["total"], &found["requests"][0]["id"]), (&json!(2), &latest["id"]));
    let waited = app.get("/bins/any/wait?q=is:duplicate&count=2&timeout=5&after=0").await;
    assert_eq!(waited["requests"].as_array().unwrap().len(), 2, "in memory as in the database: {waited}");
    let page =
        app.client.get(format!("{}/bins/any", app.started.console_url)).send().await.unwrap().text().await.unwrap();
    let marked = |words: &str| page.matches(&format!(">{words}")).count();
    assert_eq!((marked("again after 503"), marked("again after 200")), (1, 1), "{page}");
    let timeline = app.get("/bins/any/timeline").await;
    let again = timeline["lanes"].as_array().unwrap().iter().find(|lane| lane["kind"] == "again").unwrap();
    assert_eq!(again["total"], 2, "{timeline}");
    // A new secret computes all facts again; what came before stays as it was.
    let added = app.client.post(app.api("/bins/any/secrets")).json(&json!({"value": "s"})).send().await.unwrap();
    assert_eq!(added.status(), 201);
    let (status, _) = put(&app, "/bins/any/response", &json!({"status": 200})).await;
    assert_eq!(status, 200);
    assert_eq!(app.get("/bins/any/requests?q=is:duplicate").await["total"], 2);
    // What is deleted came never.
    let gone = app.client.delete(app.api("/bins/any/requests?all=true")).send().await.unwrap();
    assert!(gone.status().is_success());
    alert(r#"{"alerts":[1]}"#).await;
    assert_eq!(app.get("/bins/any/requests/latest").await["event"]["same_before"], Value::Null);
}

#[actix_web::test]
async fn the_checklists_page_leads_to_what_would_prove_each_point_and_to_its_exports() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "calls", "provider": "callaider", "secret": "whsec"})).await;
    let unsigned = ended(&json!([]));
    post(&app, "calls", &[JSON, ENDED], &unsigned).await;
    let list = app.get("/bins/calls/checklist").await;
    let page = app.client.get(format!("{}/bins/calls/checklist", app.started.console_url)).send().await.unwrap();
    let page = page.text().await.unwrap();
    let mut actions = 0;
    for point in list["points"].as_array().unwrap() {
        let Some(url) = point["action"]["url"].as_str() else {
            assert!(point["state"] != "failed" && point["way"].is_null(), "{point}");
            continue;
        };
        actions += 1;
        let href = url.strip_prefix(app.started.console_url.as_str()).unwrap();
        let label = point["action"]["label"].as_str().unwrap();
        assert!(page.contains(&format!("href=\"{href}\">{label}</a>")), "{label} {href}: {page}");
        let there = app.client.get(url).send().await.unwrap();
        assert_eq!(there.status(), 200, "{url}");
        let there = there.text().await.unwrap();
        if let Some((_, anchor)) = href.split_once('#') {
            assert!(there.contains(&format!("id=\"{anchor}\"")), "{href}");
        }
    }
    assert!(actions >= 6, "{list}");
    for (name, export) in [("checklist.md", "/checklist?format=md"), ("checklist.json", "/checklist")] {
        assert!(page.contains(&format!("{export}\" download=\"{name}\"")), "{page}");
    }
}

#[actix_web::test]
async fn the_shape_of_an_event_says_what_is_documented_who_had_it_and_what_is_new() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "calls", "provider": "pathors"})).await;
    let at = "2026-05-28T12:40:00.000Z";
    let mut talk = json!({"currentNodeId": "n", "messagesCount": 2, "extractedVariables": {"name": "Ada"}, "old": 1});
    post(&app, "calls", &[JSON], &pathors("session.ended", "s1", at, &talk)).await;
    talk.as_object_mut().unwrap().remove("old");
    talk["mood"] = "good".into();
    post(&app, "calls", &[JSON], &pathors("session.ended", "s2", at, &talk)).await;
    let requests = app.requests("calls").await;
    let shape = app.get("/bins/calls/contract?event=session.ended").await;
    let told = |pointer: &str| {
        let field = shape["fields"].as_array().unwrap().iter().find(|field| field["pointer"] == pointer).unwrap();
        let seen = |which: &str| requests.iter().position(|one| one["id"] == field[which]["request"]).unwrap();
        let drift: Vec<&Value> = field["drift"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
        json!([field["documented"], seen("first"), seen("last"), drift])
    };
    assert_eq!(told("/messagesCount"), json!(["named", 0, 1, []]));
    assert_eq!(told("/extractedVariables/name"), json!(["free", 0, 1, []]));
    assert_eq!(told("/old"), json!(["unnamed", 0, 0, ["missing"]]));
    assert_eq!(told("/mood"), json!(["unnamed", 1, 1, ["new_field"]]));
    let url = format!("{}/bins/calls/contract?event=session.ended", app.started.console_url);
    let page = app.client.get(url).send().await.unwrap().text().await.unwrap();
    for words in ["First seen", "Last seen", "Drift", "<code>/mood</code> is new.", ">not named<", ">left open<"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    // Nobody's document is known, and nothing differs: no column for that.
    let bin = app.bin_id().await;
    post(&app, &bin, &[JSON, ("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "1")], r#"{"ref": "main"}"#).await;
    let shape = app.get(&format!("/bins/{bin}/contract?event=push")).await;
    assert_eq!((&shape["fields"][1]["documented"], &shape["fields"][1]["drift"]), (&Value::Null, &json!([])));
    let url = format!("{}/bins/{bin}/contract?event=push", app.started.console_url);
    let page = app.client.get(url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("First seen") && !page.contains(">Drift<") && !page.contains(">Document<"), "{page}");
}

#[actix_web::test]
async fn of_senders_without_events_a_shape_is_learnt_by_method_and_path() {
    let app = TestApp::start().await;
    app.bin(json!({"name": "shop"})).await;
    let page = async |path: &str| {
        app.client
            .get(format!("{}/bins/shop{path}", app.started.console_url))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    };
    assert!(page("/contract").await.contains("No request with a body has come yet."));
    let order = async |path: &str, body: Value| {
        let url = format!("{}/shop{path}", app.started.capture_url);
        assert_eq!(app.client.post(url).json(&body).send().await.unwrap().status(), 200);
    };
    for id in 0..4 {
        order("/orders", json!({"id": id, "total": 12})).await;
        order("/orders/paid", json!({"state": "paid"})).await;
    }
    order("", json!([1])).await;
    order("/orders", json!({"id": 4, "total": "12", "vat": 2})).await;
    let events = app.get("/bins/shop/events").await;
    let expected = json!([
        {"name": "POST /orders", "count": 5}, {"name": "POST /orders/paid", "count": 4}, {"name": "POST /", "count": 1},
    ]);
    assert_eq!((&events["events"], &events["unnamed"]), (&json!([]), &expected));
    let learnt = app.get("/bins/shop/contract?event=POST%20/orders").await;
    assert_eq!(learnt["samples"], 5, "what is below the path is another kind: {learnt}");
    let total = learnt["fields"].as_array().unwrap().iter().find(|field| field["pointer"] == "/total").unwrap();
    assert_eq!((&total["types"], &total["drift"][0]["code"]), (&json!(["string", "integer"]), &json!("retyped")));
    let html = page("/contract").await;
    for part in ["POST /orders/paid", "learnt from 5 bodies", "No event is recognised here", "[providers.mine]"] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains("Your own JSON Schema"), "a schema is set for an event: {html}");
    let contract = app.get("/bins/shop/requests/latest/contract").await;
    let drift: Vec<_> = contract["drift"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(json!(drift), json!(["new_field", "retyped"]));
    let latest = app.get("/bins/shop/requests/latest").await["id"].as_str().unwrap().to_owned();
    let tab = page(&format!("/requests/{latest}?tab=event")).await;
    assert!(tab.contains("/contract?event=POST%20/orders") && tab.contains("of this method and path"), "{tab}");
    // Where events are recognised they come first.
    let push = [JSON, ("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "1")];
    post(&app, "shop", &push, "{\"ref\": \"main\"}").await;
    assert!(page("/contract").await.contains("Your own JSON Schema"));
}
