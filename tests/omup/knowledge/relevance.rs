//! What the probes say of the made-up deployments, against what people said before there was a probe.

use omup::domain::survey::{Probe, Survey};
use omup::domain::version::OmVersion;
use omup::knowledge::relevance::judge;
use omup::knowledge::{Change, Journey, Knowledge, Note, Relevance};

use super::world::{self, World};

/// One deployment, and the breaking changes on its way.
struct Case {
    name: String,
    world: World,
    survey: Survey,
    notes: Vec<Note>,
}

fn case(knowledge: &Knowledge, name: String, world: World) -> Case {
    let notes = knowledge.notes(&world.from, &world.to).into_iter();
    Case {
        survey: world.survey(knowledge),
        notes: notes.filter(|note| note.change.breaking()).collect(),
        name,
        world,
    }
}

fn cases() -> Vec<Case> {
    let knowledge = Knowledge::embedded();
    let all = world::all().into_iter();
    all.map(|(name, world)| case(&knowledge, name, world))
        .collect()
}

impl Case {
    fn label(&self, change: &str) -> Relevance {
        let among = |list: &[String]| list.iter().any(|id| id == change);
        if among(&self.world.labels.concerns) {
            Relevance::Concerns
        } else if among(&self.world.labels.cannot_tell) {
            Relevance::CannotTell
        } else {
            Relevance::Not
        }
    }

    fn verdict(&self, change: &Change) -> Relevance {
        let journey = Journey {
            survey: &self.survey,
            from: &self.world.from,
            to: &self.world.to,
        };
        judge(change, &journey).relevance
    }
}

#[test]
fn every_change_that_concerns_is_found_and_the_list_is_short() {
    let cases = cases();
    assert!(cases.len() >= 12);
    println!("deployment     on the way  concern  to read  cut");
    let (mut all, mut read, mut wrong) = (0, 0, Vec::new());
    for case in &cases {
        let labels = &case.world.labels;
        for id in labels.concerns.iter().chain(&labels.cannot_tell) {
            let there = case.notes.iter().any(|note| note.change.id == *id);
            assert!(
                there,
                "{}: {id} is no breaking change on the way",
                case.name
            );
        }
        let mut list = 0;
        for note in &case.notes {
            let (label, verdict) = (case.label(&note.change.id), case.verdict(&note.change));
            list += usize::from(verdict != Relevance::Not);
            if label != verdict {
                wrong.push(format!(
                    "{}: {} is {label:?}, the probe says {verdict:?}",
                    case.name, note.change.id
                ));
            }
        }
        let on_the_way = case.notes.len();
        println!(
            "{:14} {on_the_way:10}  {:7}  {list:7}  {:2} %",
            case.name,
            labels.concerns.len(),
            100 - 100 * list / on_the_way
        );
        assert!(
            labels.concerns.len() * 10 >= on_the_way * 3,
            "{}: less than 30 % concern it",
            case.name
        );
        assert!(
            list * 10 <= on_the_way * 4,
            "{}: {list} of {on_the_way} are left to read",
            case.name
        );
        all += on_the_way;
        read += list;
    }
    let cut = 100 - 100 * read / all;
    println!("all            {all:10}           {read:7}  {cut:2} %");
    the_readme_says(cut, "need no reading when your files");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The figure, before these words.
#[track_caller]
fn the_readme_says(cut: usize, words: &str) {
    let readme = include_str!("../../../README.md");
    let readme = readme.split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted = format!("{cut} % {words}");
    assert!(readme.contains(&wanted), "README.md does not say: {wanted}");
}

/// As most deployments are looked at first: nobody has named the operators' files, nobody has said where
/// clients are, and which database Airflow uses is never seen. The list is longer and hides nothing.
#[test]
fn without_facts_of_files_and_clients_nothing_that_concerns_is_hidden() {
    let (mut all, mut read, mut hidden) = (0, 0, Vec::new());
    println!("deployment     on the way  to read  cut");
    for mut case in cases() {
        let instance = &mut case.survey.instance;
        instance.code = Probe::Unknown("no folder was named".into());
        instance.clients_unseen = Some("nobody has said".into());
        instance.clients.clear();
        let airflow = Probe::Unknown("only its own configuration tells".into());
        instance
            .platform
            .insert("airflow-on-mysql".to_owned(), airflow);
        let mut list = 0;
        for note in &case.notes {
            let verdict = case.verdict(&note.change);
            list += usize::from(verdict != Relevance::Not);
            if verdict == Relevance::Not && case.label(&note.change.id) != Relevance::Not {
                hidden.push(format!("{}: {}", case.name, note.change.id));
            }
            let asks_files = note.change.probe.iter().any(|probe| probe.code);
            assert!(
                !asks_files || verdict != Relevance::Not,
                "{}: {} without a look at the files",
                case.name,
                note.change.id
            );
        }
        let on_the_way = case.notes.len();
        println!(
            "{:14} {on_the_way:10}  {list:7}  {:2} %",
            case.name,
            100 - 100 * list / on_the_way
        );
        all += on_the_way;
        read += list;
    }
    let cut = 100 - 100 * read / all;
    println!("all            {all:10}  {read:7}  {cut:2} %");
    the_readme_says(cut, "when they are not");
    assert!(hidden.is_empty(), "{}", hidden.join("\n"));
}

/// One file that was not read is enough.
#[test]
fn a_file_that_was_not_read_makes_no_change_irrelevant() {
    for mut case in cases() {
        if let Probe::Known(code) = &mut case.survey.instance.code {
            code.unread
                .push("/dags/common: a link to /srv/common".into());
        }
        for note in &case.notes {
            let change = &note.change;
            let asks_files = change.probe.iter().any(|probe| probe.code);
            assert!(
                !asks_files || case.verdict(change) != Relevance::Not,
                "{}: {}",
                case.name,
                change.id
            );
        }
    }
}

/// A probe that no deployment needs proves nothing, and a change that loses its probes is seen.
#[test]
fn without_any_one_probe_a_verdict_is_wrong() {
    let knowledge = Knowledge::embedded();
    let mut cases = cases();
    for (change, world) in world::alternatives(&knowledge) {
        let mut case = case(&knowledge, format!("only {change}"), world);
        case.notes.retain(|note| note.change.id == change);
        let verdict = case.verdict(&case.notes[0].change);
        assert_eq!(verdict, Relevance::Concerns, "{}", case.name);
        cases.push(case);
    }
    let mut unproven = Vec::new();
    let (first, last) = (OmVersion::new(0, 0, 0), OmVersion::new(99, 0, 0));
    for note in knowledge.notes(&first, &last) {
        let change = &note.change;
        if change.breaking() {
            let judged = |change: &Change| -> Vec<Relevance> {
                let on_the_way =
                    |case: &&Case| case.notes.iter().any(|note| note.change.id == change.id);
                cases
                    .iter()
                    .filter(on_the_way)
                    .map(|case| case.verdict(change))
                    .collect()
            };
            let whole = judged(change);
            for index in 0..change.probe.len() {
                // Emptied, not taken out: the other probes keep their question ids.
                let mut less = change.clone();
                less.probe[index] = never();
                if less.probe.len() == 1 {
                    less.probe.clear();
                }
                if judged(&less) == whole {
                    unproven.push(change.question_id(index));
                }
            }
        }
    }
    assert!(
        unproven.is_empty(),
        "no deployment needs {}",
        unproven.join(", ")
    );
}

/// A probe that concerns nobody.
fn never() -> omup::knowledge::Probe {
    toml::from_str("only = { deployment = [\"none\"] }\nalways = \"never\"").expect("a probe")
}

#[test]
fn what_could_not_be_seen_is_cannot_tell() {
    let mut asked = 0;
    for mut case in cases() {
        let all: Vec<Change> = case.notes.iter().map(|note| note.change.clone()).collect();
        let running = case.survey.deployment.owner.clone();
        let only = |wanted: fn(&omup::knowledge::Probe) -> bool| {
            let of = |change: &&Change| {
                let plain = change.probe.iter().all(|probe| {
                    wanted(probe) && probe.only.engine.is_none() && probe.only.target.is_none()
                });
                plain && !change.probe.is_empty()
            };
            all.iter().filter(of).collect::<Vec<_>>()
        };
        let mut variables = only(|probe| !probe.variables.is_empty());
        variables.retain(|change| case.verdict(change) == Relevance::Not);
        let sort = only(|probe| probe.sort_memory_below_mib.is_some());
        asked += variables.len().min(1) + 1000 * sort.len().min(1);
        for change in variables {
            case.survey.deployment.owner = omup::domain::survey::Owner::NotRunning;
            assert_eq!(case.verdict(change), Relevance::CannotTell, "{}", change.id);
            case.survey.deployment.owner = running.clone();
            let line = format!("{}env.sh:7", omup::domain::setting::NOT_UNDERSTOOD);
            let settings = &mut case.survey.deployment.settings;
            settings.insert(line.clone(), "a shell".into());
            assert_eq!(case.verdict(change), Relevance::CannotTell, "{}", change.id);
            case.survey.deployment.settings.remove(&line);
            assert_eq!(case.verdict(change), Relevance::Not, "{}", change.id);
        }
        for change in sort {
            case.survey.database.sort_memory = None;
            assert_eq!(case.verdict(change), Relevance::CannotTell, "{}", change.id);
        }
    }
    assert!(
        asked > 1000 && asked % 1000 > 0,
        "both kinds are there: {asked}"
    );
}
