<?php
// JSON and forms as PHP writes them.
$inputs = json_decode(stream_get_contents(STDIN), true);
$flags = [
    'php' => 0,
    'php-unicode' => JSON_UNESCAPED_UNICODE,
    'php-slashes' => JSON_UNESCAPED_SLASHES,
    'php-unicode-slashes' => JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES,
    'php-pretty' => JSON_PRETTY_PRINT,
    'php-pretty-unicode-slashes' => JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES,
    'php-fraction' => JSON_PRESERVE_ZERO_FRACTION,
    'php-hex' => JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_APOS | JSON_HEX_QUOT,
];
$table = [];
foreach ($flags as $name => $flag) {
    foreach ($inputs['json'] as $text) {
        $table[$name][] = json_encode(json_decode($text), $flag);
        $table["$name-arrays"][] = json_encode(json_decode($text, true), $flag);
    }
}
foreach ($inputs['forms'] as $pairs) {
    $named = array_column($pairs, 1, 0);
    $table['form-php'][] = http_build_query($named);
    $table['form-php-rfc3986'][] = http_build_query($named, '', '&', PHP_QUERY_RFC3986);
}
echo json_encode($table);
