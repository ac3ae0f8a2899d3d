# JSON, forms and text forms as Ruby writes them.
require 'json'
require 'uri'
require 'cgi'

inputs = JSON.parse($stdin.read)
json = ->(&write) { inputs['json'].map { |text| write.call(JSON.parse(text)) } }
table = {
  'ruby' => json.call { |value| JSON.generate(value) },
  'ruby-pretty' => json.call { |value| JSON.pretty_generate(value) },
  'ruby-ascii' => json.call { |value| JSON.generate(value, ascii_only: true) },
  'ruby-colon-space' => json.call { |value| JSON.generate(value, space: ' ') },
  'ruby-sorted-top' => json.call { |value| JSON.generate(value.is_a?(Hash) ? value.sort.to_h : value) },
  'ruby-symbols' => inputs['json'].map { |text| JSON.parse(text, symbolize_names: true).to_s },
  'ruby-outer-symbols' => json.call { |value| (value.is_a?(Hash) ? value.transform_keys(&:to_sym) : value).to_s },
  'ruby-to-s' => json.call(&:to_s),
  'form-ruby' => inputs['forms'].map { |pairs| URI.encode_www_form(pairs) },
  'form-ruby-cgi' => inputs['forms'].map { |pairs| pairs.map { |pair| pair.map { |text| CGI.escape(text) }.join('=') }.join('&') }
}
$stdout.write(JSON.generate(table))
