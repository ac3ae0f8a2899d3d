"""Rails: the snippets in a controller of a small application, under Puma."""

import subprocess

from assemble import indented

GLUE = """require "action_controller/railtie"
require "active_job/railtie"
require "active_record/railtie"

class Receiver < Rails::Application
  config.load_defaults "#{Rails::VERSION::MAJOR}.#{Rails::VERSION::MINOR}"
  config.eager_load = false
  config.hosts.clear
  config.secret_key_base = "none"
  config.api_only = true
  config.logger = Logger.new($stderr)
  config.log_level = :warn
  config.active_job.queue_adapter = :async
end
Receiver.initialize!
Receiver.routes.draw { post "/webhook" => "webhooks#create" }

# What the snippets leave to the reader: what is done with an event, and a table with the unique index.
class SessionStartedJob < ActiveJob::Base
  def perform(payload) = nil
end
SessionEndedJob = HandleWebhookJob = SessionStartedJob
class WebhookEvent < ActiveRecord::Base; end
class Session < ActiveRecord::Base; end
ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table :webhook_events do |table|
    table.string :session_id
    table.string :event
    table.index %i[session_id event], unique: true
  end
  create_table :sessions, id: :string do |table|
    table.string :started_at
    table.string :ended_at
  end
end

ActiveRecord::Base.clear_active_connections!

class WebhooksController < ActionController::API
  def create
"""
TAIL = """
  end
end

run Receiver
"""
TIMES = """started_at = payload["timestamp"] if payload["event"] == "session.started"
ended_at = payload["timestamp"] if payload["event"] == "session.ended\""""


def program(kind, snippets):
    if kind == "callaider: events":
        rest = [
            snippets["size"],
            snippets["verify"],
            snippets["parsing"],
            snippets["duplicates"],
            TIMES,
            snippets["order"],
            snippets["events"],
        ]
    elif kind == "callaider: queue":
        known = 'case payload["event"]\nwhen "session.started", "session.ended"\n'
        rest = [
            snippets["verify"],
            snippets["parsing"],
            known + indented(snippets["fast"], 2) + "\n" + snippets["unknown"] + "\nend",
        ]
    else:
        rest = [
            snippets["header"],
            snippets["size"],
            "raw = request.raw_post",
            snippets["parsing"],
            snippets["duplicates"],
            snippets["fast"],
        ]
    return GLUE + indented("\n".join(rest), 4) + TAIL


def command(kind, snippets, folder, tools):
    (folder / "config.ru").write_text(program(kind, snippets))
    (folder / "puma.rb").write_text(snippets["slow"] + "\n")
    command = [
        "puma",
        "--config",
        "puma.rb",
        "--bind",
        "tcp://127.0.0.1:PORT",
        "--environment",
        "production",
        "config.ru",
    ]
    # One connection: SQLite's library waits for a lock with Ruby's own lock in its hand.
    return command, {"DATABASE_URL": "sqlite3:receiver.sqlite3?pool=1", "RAILS_ENV": "production", "RUBYOPT": "-W0"}


def version(tools):
    code = 'require "rails/version"; print Rails.version, ", Ruby ", RUBY_VERSION'
    return subprocess.run(["ruby", "-e", code], capture_output=True, text=True).stdout.strip()
