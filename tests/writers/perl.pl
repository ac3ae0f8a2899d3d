# JSON as Perl's JSON::PP writes it.
use strict;
use warnings;
use JSON::PP;

my $inputs = JSON::PP->new->utf8->decode(join '', <STDIN>);
my %writers = (
    'perl-canonical' => JSON::PP->new->canonical->allow_nonref,
    'perl-ascii-canonical' => JSON::PP->new->ascii->canonical->allow_nonref,
    'perl-canonical-pretty-line' => JSON::PP->new->canonical->pretty->allow_nonref,
);
my %table;
for my $name (keys %writers) {
    for my $text (@{ $inputs->{json} }) {
        # Each is read anew: a number that was printed as text stays text.
        my $value = JSON::PP->new->allow_nonref->decode($text);
        push @{ $table{$name} }, $writers{$name}->encode($value);
    }
}
print JSON::PP->new->utf8->encode(\%table);
