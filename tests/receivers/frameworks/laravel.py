"""Laravel: the snippets in a route of a small application, under PHP's own server."""

import re
import subprocess

from assemble import indented

GLUE = r"""<?php
// What is deprecated in this PHP is the framework's.
error_reporting(E_ALL & ~E_DEPRECATED);
ini_set('log_errors_max_len', '0');
require 'Illuminate/autoload.php';

use Illuminate\Database\Eloquent\Model;
use Illuminate\Foundation\Bus\Dispatchable;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Log;
use Illuminate\Support\Facades\Route;

// What the snippets leave to the reader: what is done with an event, and a table with the unique index.
abstract class Job implements Illuminate\Contracts\Queue\ShouldQueue
{
    use Dispatchable;
    public function __construct(public array $payload) {}
    public function handle(): void {}
}
class SessionStarted extends Job {}
class SessionEnded extends Job {}
class HandleWebhook extends Job {}
class Session extends Model
{
    public $timestamps = false;
    public $incrementing = false;
    protected $guarded = [];
}

$app = new Illuminate\Foundation\Application(__DIR__);
$app->singleton(Illuminate\Contracts\Http\Kernel::class, Illuminate\Foundation\Http\Kernel::class);
$app->singleton(Illuminate\Contracts\Debug\ExceptionHandler::class, Illuminate\Foundation\Exceptions\Handler::class);
$kernel = $app->make(Illuminate\Contracts\Http\Kernel::class);
$kernel->bootstrap();
error_reporting(E_ALL & ~E_DEPRECATED);
Route::post('/webhook', function (Request $request) {
"""
TAIL = """
});
$response = $kernel->handle($request = Request::capture());
$response->send();
$kernel->terminate($request, $response);
"""
TIMES = """$startedAt = $payload['event'] === 'session.started' ? $payload['timestamp'] : null;
$endedAt = $payload['event'] === 'session.ended' ? $payload['timestamp'] : null;"""
CONFIG = {
    "app": """['name' => 'receiver', 'env' => 'production', 'debug' => false, 'url' => 'http://localhost',
    'timezone' => 'UTC', 'locale' => 'en', 'fallback_locale' => 'en', 'key' => str_repeat('k', 32), 'cipher' => 'AES-256-CBC',
    'aliases' => [], 'providers' => [
        Illuminate\\Bus\\BusServiceProvider::class, Illuminate\\Cache\\CacheServiceProvider::class,
        Illuminate\\Database\\DatabaseServiceProvider::class, Illuminate\\Encryption\\EncryptionServiceProvider::class,
        Illuminate\\Filesystem\\FilesystemServiceProvider::class,
        Illuminate\\Foundation\\Providers\\FoundationServiceProvider::class, Illuminate\\Queue\\QueueServiceProvider::class,
        Illuminate\\View\\ViewServiceProvider::class, Illuminate\\Translation\\TranslationServiceProvider::class]]""",
    "database": """['default' => 'sqlite', 'migrations' => 'migrations',
    'connections' => ['sqlite' =>
        ['driver' => 'sqlite', 'database' => dirname(__DIR__).'/receiver.sqlite', 'prefix' => '']]]""",
    "queue": """['default' => 'sync', 'connections' => ['sync' => ['driver' => 'sync']],
    'failed' => ['driver' => 'null']]""",
    "logging": """['default' => 'errorlog', 'channels' => ['errorlog' => ['driver' => 'errorlog', 'level' => 'debug'],
    'null' => ['driver' => 'monolog', 'handler' => Monolog\\Handler\\NullHandler::class]], 'deprecations' => 'null']""",
    "cache": """['default' => 'array', 'stores' => ['array' => ['driver' => 'array']], 'prefix' => '']""",
    "view": """['paths' => [], 'compiled' => sys_get_temp_dir()]""",
    "services": """['callaider' => ['secret' => getenv('CALLAIDER_WEBHOOK_SECRET')],
    'pathors' => ['authorization' => getenv('PATHORS_AUTHORIZATION')]]""",
}
TABLES = """<?php
$db = new PDO('sqlite:receiver.sqlite');
$db->exec('PRAGMA journal_mode = WAL');
$db->exec('CREATE TABLE webhook_events (session_id, event, UNIQUE (session_id, event))');
$db->exec('CREATE TABLE sessions (id PRIMARY KEY, started_at, ended_at)');
"""


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
        known = "match ($payload['event']) {\n    'session.started', 'session.ended' => null,\n"
        rest = [
            snippets["verify"],
            snippets["parsing"],
            known + indented(snippets["unknown"], 4) + "\n};",
            snippets["fast"],
        ]
    else:
        raw = "$raw = $request->getContent();"
        rest = [
            snippets["header"],
            snippets["size"],
            raw,
            snippets["parsing"],
            snippets["duplicates"],
            snippets["fast"],
        ]
    return GLUE + indented("\n".join(rest), 4) + TAIL


def command(kind, snippets, folder, tools):
    (folder / "index.php").write_text(program(kind, snippets))
    (folder / "tables.php").write_text(TABLES)
    (folder / "config").mkdir()
    for name, text in CONFIG.items():
        (folder / "config" / f"{name}.php").write_text(f"<?php\nreturn {text};\n")
    for name in ("bootstrap/cache", "storage/framework/views", "storage/logs"):
        (folder / name).mkdir(parents=True)
    (folder / "composer.json").write_text('{"autoload": {"psr-4": {"App\\\\": "app/"}}}')
    subprocess.run(["php", "tables.php"], cwd=folder, check=True, capture_output=True)
    # What the snippet says of php.ini.
    limit = re.search(r"post_max_size = (\w+)", snippets["size"])[1]
    command = ["php", "-d", f"post_max_size={limit}", "-d", "display_errors=0", "-S", "127.0.0.1:PORT", "index.php"]
    return command, {"PHP_CLI_SERVER_WORKERS": "8"}


def version(tools):
    code = (
        "require 'Illuminate/autoload.php'; echo Illuminate\\Foundation\\Application::VERSION, ', PHP ', "
        "PHP_MAJOR_VERSION, '.', PHP_MINOR_VERSION, '.', PHP_RELEASE_VERSION;"
    )
    return subprocess.run(["php", "-d", "error_reporting=0", "-r", code], capture_output=True, text=True).stdout.strip()
