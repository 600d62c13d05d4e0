//! The page of clients: what was found here, what is pasted of other hosts, and the lines to copy.

use omup::domain::client_report::COMMAND;
use omup::domain::instance::ClientFacts;
use omup::screen;
use omup::wizard::event::{Effect, Event, Stamped};
use omup::wizard::key::{Code, Key};
use omup::wizard::page::Page;
use omup::wizard::{State, update};

use super::film::RICH;
use super::replay::film;

/// The wizard on that page, with one environment found on this host.
fn on_the_page() -> State {
    let mut page = None;
    film().replay(RICH, 80, 24, |state| {
        if state.page == Page::Clients && page.is_none() {
            page = Some(state.clone());
        }
    });
    let mut state = page.expect("the recording visits the page");
    let looked = state.looked.as_mut().expect("it was looked at");
    looked.survey.instance.clients = vec![ClientFacts {
        place: "/opt/airflow/venv".into(),
        python: Some("3.11.7".into()),
        ingestion: Some("1.11.2.0".into()),
        managed_apis: Some("1.11.2.0".into()),
        airflow: Some("2.10.5".into()),
        extras: vec!["mysql".to_string(), "s3".to_string()],
    }];
    // Where the mark stands when the page is come to: on "Continue".
    state.cursor.insert(Page::Clients, 3);
    state
}

fn send(state: &mut State, event: Event) -> Vec<Effect> {
    let stamped = Stamped {
        at_ms: state.now_ms,
        boot_ms: state.boot_ms + 1000,
        event,
    };
    update(state, stamped)
}

fn key(state: &mut State, code: Code) -> Vec<Effect> {
    send(state, Event::Key(Key::plain(code)))
}

fn shown(state: &State) -> String {
    screen::snapshot(state).join("\n")
}

#[test]
fn what_was_found_is_shown_with_the_line_to_copy() {
    let mut state = on_the_page();
    let page = shown(&state);
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("80x24-Clients-found", page);
    });
    for words in ["/opt/airflow/venv", "1.11.2.0", "REFUSED"] {
        assert!(page.contains(words), "{words}:\n{page}");
    }
    // The mark stands on "Continue": all lines are copied.
    let copied = send(&mut state, Event::Key(Key::char('y')));
    let line = "/opt/airflow/venv/bin/python3 -m pip install --upgrade 'openmetadata-ingestion[mysql,s3]~=1.12.4.0' 'openmetadata-managed-apis~=1.12.4.0'";
    assert_eq!(copied, [Effect::Copy(line.to_string())]);
    key(&mut state, Code::Home);
    assert!(shown(&state).contains("Python 3.11.7"));
    assert_eq!(
        send(&mut state, Event::Key(Key::char('y'))),
        [Effect::Copy(line.to_string())]
    );
    key(&mut state, Code::Down);
    let command = [Effect::Copy(COMMAND.to_string())];
    assert_eq!(key(&mut state, Code::Enter), command);
}

#[test]
fn what_another_host_printed_is_pasted_and_judged() {
    let mut state = on_the_page();
    assert!(shown(&state).contains("There may be more"));
    assert!(send(&mut state, Event::Paste("nonsense\n".to_string())).is_empty());
    assert!(state.message.as_ref().is_some_and(|said| said.bad));
    let line = "omup-client host=af-2 python=3.9.2 openmetadata-ingestion=1.12.4.1 extras=snowflake at=/srv/venv";
    let text = format!("$ python3 -c ...\r\n{line}\r\n");
    let effects = send(&mut state, Event::Paste(text.clone()));
    let look = effects.iter().find_map(|effect| match effect {
        Effect::Look(answers) => Some(answers),
        _ => None,
    });
    assert_eq!(look.expect("it is looked again").clients.pasted, [line]);
    let page = shown(&state);
    for words in ["af-2:/srv/venv", "aligned", "/opt/airflow/venv"] {
        assert!(page.contains(words), "{words}:\n{page}");
    }
    assert!(!page.contains("There may be more"), "{page}");
    // The same once more is no other client.
    assert!(send(&mut state, Event::Paste(text)).is_empty());
    assert_eq!(state.form.pasted.len(), 1);
}

/// A terminal that cannot paste in one piece: the popup takes the line.
#[test]
fn the_line_can_be_typed_too() {
    let mut state = on_the_page();
    key(&mut state, Code::Up);
    key(&mut state, Code::Enter);
    assert!(shown(&state).contains("begins with omup-client"));
    let line = "omup-client host=ci python=3.11.1 openmetadata-ingestion=1.12.4.0 extras= at=/usr";
    send(&mut state, Event::Paste(line.to_string()));
    key(&mut state, Code::Enter);
    assert_eq!(state.form.pasted, [line]);
    assert!(shown(&state).contains("ci:/usr"));
}

/// A figure that omup could not find out is an answer of the person, and the checks judge anew.
#[test]
fn what_omup_could_not_see_is_told_on_the_page_of_checks() {
    let mut state = on_the_page();
    state.page = Page::Checks;
    send(&mut state, Event::Key(Key::char('t')));
    assert!(shown(&state).contains("What omup could not see"));
    send(&mut state, Event::Paste("airflow = soon".to_string()));
    assert!(key(&mut state, Code::Enter).is_empty());
    assert!(state.message.as_ref().is_some_and(|said| said.bad));
    send(&mut state, Event::Key(Key::char('t')));
    send(&mut state, Event::Paste("airflow = none".to_string()));
    let effects = key(&mut state, Code::Enter);
    let look = effects.iter().find_map(|effect| match effect {
        Effect::Look(answers) => Some(&answers.known),
        _ => None,
    });
    let known = look.expect("it is looked again");
    assert_eq!(known.airflow.as_deref(), Some("none"));
}
