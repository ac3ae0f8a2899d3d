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
    'php-hex-tag' => JSON_HEX_TAG,
    'php-hex-tag-amp' => JSON_HEX_TAG | JSON_HEX_AMP,
    'php-line-terminators' => JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_LINE_TERMINATORS,
    'php-hex' => JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_APOS | JSON_HEX_QUOT,
];
$table = [];
foreach ($flags as $name => $flag) {
    foreach ($inputs['json'] as $text) {
        $table[$name][] = json_encode(json_decode($text), $flag);
        $table["$name-arrays"][] = json_encode(json_decode($text, true), $flag);
    }
}
foreach ($inputs['json'] as $text) {
    $array = json_decode($text, true);
    $table['php-force-object'][] = json_encode(json_decode($text), JSON_FORCE_OBJECT);
    $table['php-serialize'][] = serialize($array);
    $table['php-print-r'][] = print_r($array, true);
    $table['php-var-export'][] = var_export($array, true);
    ini_set('serialize_precision', '17');
    $table['php-17-arrays'][] = json_encode($array);
    ini_set('serialize_precision', '14');
    $table['php-14-arrays'][] = json_encode($array);
    ini_set('serialize_precision', '-1');
    ksort($array);
    $table['php-ksort-arrays'][] = json_encode($array);
}
foreach ($inputs['forms'] as $pairs) {
    $named = array_column($pairs, 1, 0);
    $table['form-php'][] = http_build_query($named);
    $table['form-php-rfc3986'][] = http_build_query($named, '', '&', PHP_QUERY_RFC3986);
}
echo json_encode($table);
