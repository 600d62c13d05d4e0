//! The tables of the workflow and the scheduling engine: bytes, odd numbers, NULL beside empty.

use super::rows::{Filling, irregular};
use super::world::{Cell, NOW_MS, World};
use crate::practice::random::Random;

/// The tables and how their rows are made.
pub const FILLINGS: &[Filling] = &[
    irregular("act_ge_property", "name_, value_, rev_", |_, _, index| {
        vec![
            format!("property.{index}").into(),
            "7.0.1.1".into(),
            Cell::Int(1),
        ]
    }),
    irregular(
        "act_re_deployment",
        "id_, name_, category_, tenant_id_",
        |_, _, index| {
            vec![
                format!("deployment-{index}").into(),
                "GovernanceWorkflow".into(),
                Cell::Null,
                "".into(),
            ]
        },
    ),
    irregular(
        "act_ge_bytearray",
        "id_, rev_, name_, deployment_id_, bytes_, generated_",
        bytearray,
    ),
    irregular(
        "act_ru_execution",
        "id_, rev_, proc_inst_id_, business_key_, is_active_",
        |world, random, index| {
            vec![
                format!("execution-{index}").into(),
                Cell::Int(1),
                random.uuid().into(),
                world.id("glossary_term_entity", index).into(),
                Cell::Flag(true),
            ]
        },
    ),
    irregular(
        "act_ru_variable",
        "id_, rev_, type_, name_, execution_id_, double_, long_, text_",
        variable,
    ),
    irregular(
        "act_ru_timer_job",
        "id_, rev_, type_, execution_id_, retries_, exception_msg_",
        |_, _, index| {
            vec![
                format!("job-{index}").into(),
                Cell::Int(1),
                "timer".into(),
                format!("execution-{index}").into(),
                Cell::Int(3),
                Cell::Null,
            ]
        },
    ),
    irregular(
        "qrtz_job_details",
        "sched_name, job_name, job_group, description, job_class_name, is_durable, job_data",
        |_, random, index| {
            let data = random.number().to_be_bytes().to_vec();
            vec![
                "OpenMetadataScheduler".into(),
                format!("job-{index}").into(),
                "apps".into(),
                Cell::Null,
                "org.openmetadata.Job".into(),
                Cell::Flag(true),
                Cell::Bytes(data),
            ]
        },
    ),
    irregular(
        "qrtz_triggers",
        "sched_name, trigger_name, trigger_group, job_name, job_group, next_fire_time, trigger_state",
        |_, _, index| {
            vec![
                "OpenMetadataScheduler".into(),
                format!("trigger-{index}").into(),
                "apps".into(),
                format!("job-{index}").into(),
                "apps".into(),
                Cell::Int(NOW_MS + 1),
                "WAITING".into(),
            ]
        },
    ),
    irregular("qrtz_locks", "sched_name, lock_name", |_, _, index| {
        vec![
            "OpenMetadataScheduler".into(),
            format!("LOCK_{index}").into(),
        ]
    }),
];

/// Every byte value, nothing at all, and NULL.
fn bytearray(_: &World, random: &mut Random, index: u64) -> Vec<Cell> {
    let bytes = match index {
        0 => Cell::Bytes((0..=255).collect()),
        1 => Cell::Bytes(Vec::new()),
        2 => Cell::Null,
        _ => Cell::Bytes((0..200).map(|_| random.number() as u8).collect()),
    };
    vec![
        format!("bytes-{index}").into(),
        Cell::Int(1),
        "workflow.bpmn20.xml".into(),
        format!("deployment-{index}").into(),
        bytes,
        Cell::Flag(false),
    ]
}

/// NULL beside the empty text, and numbers that lose something in most formats.
fn variable(_: &World, random: &mut Random, index: u64) -> Vec<Cell> {
    let (double, text) = match index {
        0 => (Cell::Real(0.1 + 0.2), Cell::from("")),
        1 => (Cell::Real(1.797_693_134_862_315_7e308), Cell::Null),
        2 => (Cell::Real(5e-324), Cell::from(" blank around ")),
        3 => (Cell::Real(-0.0), Cell::from("NULL")),
        4 => (Cell::Null, Cell::from("line\nbreak\\ and 'quote'")),
        _ => (Cell::Real(random.unit()), Cell::from("approved")),
    };
    vec![
        format!("variable-{index}").into(),
        Cell::Int(1),
        "string".into(),
        format!("name_{index}").into(),
        format!("execution-{index}").into(),
        double,
        Cell::Int(i64::MAX - index as i64),
        text,
    ]
}
