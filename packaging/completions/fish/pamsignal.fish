# What pamsignal takes, for completion by fish. Generated from its grammar; do not edit.
complete -c pamsignal -f
complete -c pamsignal -n 'not __fish_seen_subcommand_from run check-config init test-alert status explain history report top memory verify replay support-dump geoip schema completion' -a run -d 'watch the journal and alert, in the foreground'
complete -c pamsignal -n 'not __fish_seen_subcommand_from run check-config init test-alert status explain history report top memory verify replay support-dump geoip schema completion' -a check-config -d 'tell every problem of a configuration file'
complete -c pamsignal -n 'not __fish_seen_subcommand_from run check-config init test-alert status explain history report top memory verify replay support-dump geoip schema completion' -a init -d 'write a first configuration'
complete -c pamsignal -n 'not __fish_seen_subcommand_from run check-config init test-alert status explain history report top memory verify replay support-dump geoip schema completion' -a test-alert -d 'send a marked alert through the configured sinks'
complete -c pamsignal -n 'not __fish_seen_subcommand_from run check-config init test-alert status explain history report top memory verify replay support-dump geoip schema completion' -a status -d 'show how the running daemon is doing'
complete -c pamsignal -n 'not __fish_seen_subcommand_from run check-config init test-alert status explain history report top memory verify replay support-dump geoip schema completion' -a explain -d 'say what pamsignal makes of a log line'
complete -c pamsignal -n 'not __fish_seen_subcommand_from run check-config init test-alert status explain history report top memory verify replay support-dump geoip schema completion' -a history -d 'show what happened on this host, from the trail'
complete -c pamsignal -n 'not __fish_seen_subcommand_from run check-config init test-alert status explain history report top memory verify replay support-dump geoip schema completion' -a report -d 'add up what happened: logins, attackers, what was new'
complete -c pamsignal -n 'not __fish_seen_subcommand_from run check-config init test-alert status explain history report top memory verify replay support-dump geoip schema completion' -a top -d 'show who attacks now, again and again on a terminal'
complete -c pamsignal -n 'not __fish_seen_subcommand_from run check-config init test-alert status explain history report top memory verify replay support-dump geoip schema completion' -a memory -d 'show what accounts were seen with before, or forget it'
complete -c pamsignal -n 'not __fish_seen_subcommand_from run check-config init test-alert status explain history report top memory verify replay support-dump geoip schema completion' -a verify -d 'tell whether the trail is what was written'
complete -c pamsignal -n 'not __fish_seen_subcommand_from run check-config init test-alert status explain history report top memory verify replay support-dump geoip schema completion' -a replay -d 'run recorded journals through the engine; sends nothing'
complete -c pamsignal -n 'not __fish_seen_subcommand_from run check-config init test-alert status explain history report top memory verify replay support-dump geoip schema completion' -a support-dump -d 'gather what a bug report needs, without private names; sends nothing'
complete -c pamsignal -n 'not __fish_seen_subcommand_from run check-config init test-alert status explain history report top memory verify replay support-dump geoip schema completion' -a geoip -d 'show the databases of places: which are there, in use, and how old'
complete -c pamsignal -n 'not __fish_seen_subcommand_from run check-config init test-alert status explain history report top memory verify replay support-dump geoip schema completion' -a schema -d 'print the JSON Schema of the configuration, or of what --json prints'
complete -c pamsignal -n 'not __fish_seen_subcommand_from run check-config init test-alert status explain history report top memory verify replay support-dump geoip schema completion' -a completion -d 'print the completion for a shell'
complete -c pamsignal -n 'not __fish_seen_subcommand_from run check-config init test-alert status explain history report top memory verify replay support-dump geoip schema completion' -l version -d 'show the version'
complete -c pamsignal -s h -l help -d 'show this help message and exit'
complete -c pamsignal -l config -r -F -d 'configuration file (default: /etc/pamsignal/pamsignal.yaml; of replay: none)'
complete -c pamsignal -l json -d 'print JSON'
complete -c pamsignal -l no-color -d 'no colours (NO_COLOR does the same)'
complete -c pamsignal -l utc -d 'show times in UTC on a terminal, too'
complete -c pamsignal -s q -l quiet -d 'results and problems only, no talk'
complete -c pamsignal -s v -l verbose -d 'say more'
complete -c pamsignal -n '__fish_seen_subcommand_from run' -l wait -d 'without a journal, wait for one instead of replaying the sample'
complete -c pamsignal -n '__fish_seen_subcommand_from check-config' -F
complete -c pamsignal -n '__fish_seen_subcommand_from check-config' -l strict -d 'take warnings for errors'
complete -c pamsignal -n '__fish_seen_subcommand_from check-config' -l show-effective -d 'print what is in force, defaults included, secrets masked'
complete -c pamsignal -n '__fish_seen_subcommand_from check-config' -l explain -x -a 'alerts alerts.actions alerts.late_after_seconds audit audit.enabled audit.keystrokes audit.log cloud
cloud.metadata cloud.provider cloud.region delivery delivery.max_age_seconds delivery.max_rows detect
detect.blindness detect.blindness.enabled detect.blindness.lines_not_understood
detect.blindness.unverified_percent detect.brute_force detect.brute_force.attempts detect.brute_force.enabled
detect.brute_force.weak_per_attempt detect.brute_force.window_seconds detect.brute_force_network
detect.brute_force_network.attempts detect.brute_force_network.enabled detect.brute_force_network.sources
detect.brute_force_network.window_seconds detect.cooldown_seconds detect.distributed_brute_force
detect.distributed_brute_force.attempts detect.distributed_brute_force.enabled
detect.distributed_brute_force.sources detect.distributed_brute_force.window_seconds detect.familiar
detect.familiar.enabled detect.familiar.forget_days detect.familiar.learning_days detect.familiar.travel
detect.familiar.travel.enabled detect.familiar.travel.ignore_asns detect.familiar.travel.max_kmh
detect.familiar.travel.min_km detect.local_brute_force detect.local_brute_force.attempts
detect.local_brute_force.enabled detect.local_brute_force.window_seconds detect.logins
detect.logins.hosting_asns detect.logins.hours detect.logins.keys_only detect.logins.user_hours
detect.max_tracked detect.reasons detect.reasons.first_elevation detect.reasons.first_login
detect.reasons.hosting_network detect.reasons.impossible_travel detect.reasons.new_address
detect.reasons.new_country detect.reasons.new_key detect.reasons.new_network detect.reasons.password_login
detect.reasons.root_login detect.reasons.unusual_hours detect.slow_brute_force
detect.slow_brute_force.attempts detect.slow_brute_force.enabled detect.slow_brute_force.window_seconds
detect.spoofed_line detect.spoofed_line.enabled detect.success_after_failures
detect.success_after_failures.attempts detect.success_after_failures.enabled
detect.success_after_failures.window_seconds detect.user_enumeration detect.user_enumeration.attempts
detect.user_enumeration.enabled detect.user_enumeration.window_seconds geoip geoip.asn geoip.city heartbeat
heartbeat.ca_file heartbeat.every_seconds heartbeat.url hostname ignore_services journal
journal.catch_up_seconds journal.directory journal.rewind_entries journal.rewind_seconds log_level metrics
metrics.allow_remote metrics.enabled metrics.listen metrics.textfile retention retention.days retention.hold
retention.max_bytes retention.min_days retention.min_free_bytes retention.profile sinks sinks.apprise.actions
sinks.apprise.enabled sinks.apprise.exclude sinks.apprise.min_severity sinks.apprise.noise_per_10_minutes
sinks.apprise.noise_per_day sinks.apprise.quiet_hours sinks.apprise.reasons
sinks.apprise.success_per_10_minutes sinks.apprise.templates sinks.apprise.type sinks.apprise.url
sinks.console.actions sinks.console.color sinks.console.enabled sinks.console.exclude
sinks.console.min_severity sinks.console.noise_per_10_minutes sinks.console.noise_per_day
sinks.console.quiet_hours sinks.console.reasons sinks.console.success_per_10_minutes sinks.console.templates
sinks.console.type sinks.discord.actions sinks.discord.ca_file sinks.discord.enabled sinks.discord.exclude
sinks.discord.min_severity sinks.discord.noise_per_10_minutes sinks.discord.noise_per_day
sinks.discord.quiet_hours sinks.discord.reasons sinks.discord.success_per_10_minutes sinks.discord.templates
sinks.discord.thread_id sinks.discord.type sinks.discord.url sinks.email.actions sinks.email.ca_file
sinks.email.enabled sinks.email.exclude sinks.email.host sinks.email.min_severity
sinks.email.noise_per_10_minutes sinks.email.noise_per_day sinks.email.password sinks.email.port
sinks.email.quiet_hours sinks.email.reasons sinks.email.security sinks.email.sender
sinks.email.success_per_10_minutes sinks.email.templates sinks.email.to sinks.email.type sinks.email.username
sinks.gotify.actions sinks.gotify.ca_file sinks.gotify.enabled sinks.gotify.exclude sinks.gotify.min_severity
sinks.gotify.noise_per_10_minutes sinks.gotify.noise_per_day sinks.gotify.quiet_hours sinks.gotify.reasons
sinks.gotify.success_per_10_minutes sinks.gotify.templates sinks.gotify.token sinks.gotify.type
sinks.gotify.url sinks.journald.actions sinks.journald.enabled sinks.journald.exclude
sinks.journald.min_severity sinks.journald.noise_per_10_minutes sinks.journald.noise_per_day
sinks.journald.quiet_hours sinks.journald.reasons sinks.journald.success_per_10_minutes
sinks.journald.templates sinks.journald.type sinks.ntfy.actions sinks.ntfy.ca_file sinks.ntfy.enabled
sinks.ntfy.exclude sinks.ntfy.min_severity sinks.ntfy.noise_per_10_minutes sinks.ntfy.noise_per_day
sinks.ntfy.quiet_hours sinks.ntfy.reasons sinks.ntfy.success_per_10_minutes sinks.ntfy.templates
sinks.ntfy.token sinks.ntfy.topic sinks.ntfy.type sinks.ntfy.url sinks.pagerduty.actions
sinks.pagerduty.api_url sinks.pagerduty.ca_file sinks.pagerduty.enabled sinks.pagerduty.exclude
sinks.pagerduty.min_severity sinks.pagerduty.noise_per_10_minutes sinks.pagerduty.noise_per_day
sinks.pagerduty.quiet_hours sinks.pagerduty.reasons sinks.pagerduty.routing_key
sinks.pagerduty.success_per_10_minutes sinks.pagerduty.templates sinks.pagerduty.type sinks.slack.actions
sinks.slack.ca_file sinks.slack.enabled sinks.slack.exclude sinks.slack.min_severity
sinks.slack.noise_per_10_minutes sinks.slack.noise_per_day sinks.slack.quiet_hours sinks.slack.reasons
sinks.slack.success_per_10_minutes sinks.slack.templates sinks.slack.type sinks.slack.url sinks.syslog.actions
sinks.syslog.ca_file sinks.syslog.client_certificate sinks.syslog.client_key sinks.syslog.enabled
sinks.syslog.events sinks.syslog.exclude sinks.syslog.facility sinks.syslog.format sinks.syslog.framing
sinks.syslog.header sinks.syslog.host sinks.syslog.max_bytes sinks.syslog.min_severity
sinks.syslog.noise_per_10_minutes sinks.syslog.noise_per_day sinks.syslog.port sinks.syslog.quiet_hours
sinks.syslog.reasons sinks.syslog.server_name sinks.syslog.success_per_10_minutes sinks.syslog.templates
sinks.syslog.transport sinks.syslog.type sinks.teams.actions sinks.teams.ca_file sinks.teams.enabled
sinks.teams.exclude sinks.teams.min_severity sinks.teams.noise_per_10_minutes sinks.teams.noise_per_day
sinks.teams.quiet_hours sinks.teams.reasons sinks.teams.success_per_10_minutes sinks.teams.templates
sinks.teams.type sinks.teams.url sinks.telegram.actions sinks.telegram.api_url sinks.telegram.ca_file
sinks.telegram.chat_id sinks.telegram.enabled sinks.telegram.exclude sinks.telegram.min_severity
sinks.telegram.noise_per_10_minutes sinks.telegram.noise_per_day sinks.telegram.quiet_hours
sinks.telegram.reasons sinks.telegram.success_per_10_minutes sinks.telegram.templates sinks.telegram.thread_id
sinks.telegram.token sinks.telegram.type sinks.webhook.actions sinks.webhook.allow_insecure
sinks.webhook.ca_file sinks.webhook.enabled sinks.webhook.exclude sinks.webhook.headers
sinks.webhook.min_severity sinks.webhook.noise_per_10_minutes sinks.webhook.noise_per_day
sinks.webhook.quiet_hours sinks.webhook.reasons sinks.webhook.secrets sinks.webhook.signing
sinks.webhook.success_per_10_minutes sinks.webhook.templates sinks.webhook.type sinks.webhook.url
sinks.whatsapp.actions sinks.whatsapp.api_url sinks.whatsapp.ca_file sinks.whatsapp.enabled
sinks.whatsapp.exclude sinks.whatsapp.language sinks.whatsapp.min_severity sinks.whatsapp.noise_per_10_minutes
sinks.whatsapp.noise_per_day sinks.whatsapp.phone_number_id sinks.whatsapp.quiet_hours sinks.whatsapp.reasons
sinks.whatsapp.success_per_10_minutes sinks.whatsapp.template sinks.whatsapp.templates sinks.whatsapp.to
sinks.whatsapp.token sinks.whatsapp.type status_file templates timezone trail trail.anchor_seconds
trail.compress trail.enabled trail.key trail.rotate_bytes trail.rotate_seconds trusted trusted.networks
trusted.users' -d 'say what a key means, such as detect.brute_force.attempts'
complete -c pamsignal -n '__fish_seen_subcommand_from init' -l output -r -F -d 'file to write (default: --config, or /etc/pamsignal/pamsignal.yaml)'
complete -c pamsignal -n '__fish_seen_subcommand_from init' -l telegram-token-file -r -F -d 'file with the token of a Telegram bot'
complete -c pamsignal -n '__fish_seen_subcommand_from init' -l telegram-chat-id -x -d 'number of the Telegram chat'
complete -c pamsignal -n '__fish_seen_subcommand_from init' -l slack-url-file -r -F -d 'file with the URL of a Slack incoming webhook'
complete -c pamsignal -n '__fish_seen_subcommand_from init' -l webhook-url -x -d 'address that gets signed ECS documents'
complete -c pamsignal -n '__fish_seen_subcommand_from init' -l trust -x -d 'network that never pages'
complete -c pamsignal -n '__fish_seen_subcommand_from init' -l yes -d 'ask nothing'
complete -c pamsignal -n '__fish_seen_subcommand_from init' -l test -d 'send a test alert when it is written'
complete -c pamsignal -n '__fish_seen_subcommand_from test-alert' -l preview -d 'show how alerts look, by examples; send nothing'
complete -c pamsignal -n '__fish_seen_subcommand_from test-alert' -l rule -x -d 'with --preview: only alerts of this action or finding'
complete -c pamsignal -n '__fish_seen_subcommand_from test-alert' -l raw -d 'with --preview: the requests themselves, secrets masked'
complete -c pamsignal -n '__fish_seen_subcommand_from test-alert' -l dry-run -d 'only show what would be sent, secrets masked'
complete -c pamsignal -n '__fish_seen_subcommand_from status' -l watch -d 'show it again every two seconds, until Ctrl-C'
complete -c pamsignal -n '__fish_seen_subcommand_from status' -l file -r -F -d 'status file, if status_file is set in the configuration'
complete -c pamsignal -n '__fish_seen_subcommand_from explain' -l file -r -F -d 'explain all of a journal file, or every line of another file'
complete -c pamsignal -n '__fish_seen_subcommand_from history' -l since -x -d 'skip what is older: '"'"'2026-11-23 12:00'"'"', '"'"'2 hours ago'"'"', today'
complete -c pamsignal -n '__fish_seen_subcommand_from history' -l until -x -d 'skip what is newer'
complete -c pamsignal -n '__fish_seen_subcommand_from history' -l user -x -d 'the account, also one that was taken over'
complete -c pamsignal -n '__fish_seen_subcommand_from history' -l address -l ip -x -d 'where it came from; a network, too'
complete -c pamsignal -n '__fish_seen_subcommand_from history' -l country -x -d 'two letters, where addresses are looked up'
complete -c pamsignal -n '__fish_seen_subcommand_from history' -l service -x -d 'the program or PAM service, such as sshd'
complete -c pamsignal -n '__fish_seen_subcommand_from history' -l host -x -d 'the host it happened on'
complete -c pamsignal -n '__fish_seen_subcommand_from history' -l directory -x -a '(__fish_complete_directories)' -d 'where the trail is, if not in /var/log/pamsignal'
complete -c pamsignal -n '__fish_seen_subcommand_from history' -l action -x -d 'what happened, or the rule of an alert'
complete -c pamsignal -n '__fish_seen_subcommand_from history' -l outcome -x -a 'success failure unknown' -d 'how it ended'
complete -c pamsignal -n '__fish_seen_subcommand_from history' -l only -x -a 'events alerts' -d 'print only one kind'
complete -c pamsignal -n '__fish_seen_subcommand_from history' -s n -l lines -x -d 'only the last N'
complete -c pamsignal -n '__fish_seen_subcommand_from history' -s r -l reverse -d 'newest first'
complete -c pamsignal -n '__fish_seen_subcommand_from history' -s f -l follow -d 'go on with what happens, until Ctrl-C'
complete -c pamsignal -n '__fish_seen_subcommand_from history' -l csv -d 'print a table for spreadsheets'
complete -c pamsignal -n '__fish_seen_subcommand_from history' -l no-pager -d 'no pager on a terminal'
complete -c pamsignal -n '__fish_seen_subcommand_from report' -l since -x -d 'skip what is older: '"'"'2026-11-23 12:00'"'"', '"'"'2 hours ago'"'"', today'
complete -c pamsignal -n '__fish_seen_subcommand_from report' -l until -x -d 'skip what is newer'
complete -c pamsignal -n '__fish_seen_subcommand_from report' -l user -x -d 'the account, also one that was taken over'
complete -c pamsignal -n '__fish_seen_subcommand_from report' -l address -l ip -x -d 'where it came from; a network, too'
complete -c pamsignal -n '__fish_seen_subcommand_from report' -l country -x -d 'two letters, where addresses are looked up'
complete -c pamsignal -n '__fish_seen_subcommand_from report' -l service -x -d 'the program or PAM service, such as sshd'
complete -c pamsignal -n '__fish_seen_subcommand_from report' -l host -x -d 'the host it happened on'
complete -c pamsignal -n '__fish_seen_subcommand_from report' -l directory -x -a '(__fish_complete_directories)' -d 'where the trail is, if not in /var/log/pamsignal'
complete -c pamsignal -n '__fish_seen_subcommand_from report' -l top -x -d 'lines of each list (default: 10)'
complete -c pamsignal -n '__fish_seen_subcommand_from report' -l html -r -F -d 'write a page for a browser, mode 0600; - prints it'
complete -c pamsignal -n '__fish_seen_subcommand_from report' -l force -d 'with --html: replace a file that is there'
complete -c pamsignal -n '__fish_seen_subcommand_from report' -l no-pager -d 'no pager on a terminal'
complete -c pamsignal -n '__fish_seen_subcommand_from top' -l since -x -d 'skip what is older: '"'"'2026-11-23 12:00'"'"', '"'"'2 hours ago'"'"', today (default: 1h ago)'
complete -c pamsignal -n '__fish_seen_subcommand_from top' -l until -x -d 'skip what is newer'
complete -c pamsignal -n '__fish_seen_subcommand_from top' -l user -x -d 'the account, also one that was taken over'
complete -c pamsignal -n '__fish_seen_subcommand_from top' -l address -l ip -x -d 'where it came from; a network, too'
complete -c pamsignal -n '__fish_seen_subcommand_from top' -l country -x -d 'two letters, where addresses are looked up'
complete -c pamsignal -n '__fish_seen_subcommand_from top' -l service -x -d 'the program or PAM service, such as sshd'
complete -c pamsignal -n '__fish_seen_subcommand_from top' -l host -x -d 'the host it happened on'
complete -c pamsignal -n '__fish_seen_subcommand_from top' -l directory -x -a '(__fish_complete_directories)' -d 'where the trail is, if not in /var/log/pamsignal'
complete -c pamsignal -n '__fish_seen_subcommand_from top' -l top -x -d 'lines of each list (default: what fits)'
complete -c pamsignal -n '__fish_seen_subcommand_from top' -l once -d 'show it once'
complete -c pamsignal -n '__fish_seen_subcommand_from memory' -l user -x -d 'only of this account'
complete -c pamsignal -n '__fish_seen_subcommand_from memory' -l kind -x -a 'login country network address key password elevation place' -d 'only what is of this kind'
complete -c pamsignal -n '__fish_seen_subcommand_from memory' -l value -x -d 'only this address, network, country or key'
complete -c pamsignal -n '__fish_seen_subcommand_from memory' -l forget -d 'delete what is shown without this option'
complete -c pamsignal -n '__fish_seen_subcommand_from memory' -l everything -d 'with --forget: all of it; learning begins anew'
complete -c pamsignal -n '__fish_seen_subcommand_from memory' -l file -r -F -d 'the state database, if not in /var/lib/pamsignal'
complete -c pamsignal -n '__fish_seen_subcommand_from verify' -l directory -x -a '(__fish_complete_directories)' -d 'where the trail is, if not in /var/log/pamsignal'
complete -c pamsignal -n '__fish_seen_subcommand_from verify' -l from -x -d 'begin with the file that holds record N'
complete -c pamsignal -n '__fish_seen_subcommand_from verify' -l to -x -d 'end with the file that holds record N'
complete -c pamsignal -n '__fish_seen_subcommand_from verify' -l anchor -x -d 'a head that was told outside this host; can be given again'
complete -c pamsignal -n '__fish_seen_subcommand_from verify' -l anchors -r -F -d 'every anchor in a text; - reads standard input'
complete -c pamsignal -n '__fish_seen_subcommand_from verify' -l key-file -r -F -d 'check the macs, too; can be given again'
complete -c pamsignal -n '__fish_seen_subcommand_from replay' -l file -r -F -d 'a journal file, or JSON lines; can be given again; - reads JSON lines from standard input'
complete -c pamsignal -n '__fish_seen_subcommand_from replay' -l directory -x -a '(__fish_complete_directories)' -d 'a directory of journal files'
complete -c pamsignal -n '__fish_seen_subcommand_from replay' -l since -x -d 'skip what is older, as in journalctl: '"'"'2026-11-23 12:00'"'"', '"'"'1h ago'"'"''
complete -c pamsignal -n '__fish_seen_subcommand_from replay' -l until -x -d 'skip what is newer'
complete -c pamsignal -n '__fish_seen_subcommand_from replay' -l format -x -a 'ecs text cef leef leef2 ocsf' -d 'default: text on a terminal, else ecs'
complete -c pamsignal -n '__fish_seen_subcommand_from replay' -l only -x -a 'events alerts' -d 'print only one kind'
complete -c pamsignal -n '__fish_seen_subcommand_from support-dump' -l output -r -F -d 'write a new file, mode 0600, instead of standard output'
complete -c pamsignal -n '__fish_seen_subcommand_from support-dump' -l lines -x -d 'last lines of the log (default: 200)'
complete -c pamsignal -n '__fish_seen_subcommand_from support-dump' -l file -r -F -d 'status file, if status_file is set in the configuration'
complete -c pamsignal -n '__fish_seen_subcommand_from geoip' -a 'status' -d 'what to show: status'
complete -c pamsignal -n '__fish_seen_subcommand_from geoip' -l file -r -F -d 'status file, if status_file is set in the configuration'
complete -c pamsignal -n '__fish_seen_subcommand_from schema' -a 'config check-config event explain geoip history memory report status support-dump verify' -d 'which one; none lists them'
complete -c pamsignal -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish' -d 'bash, zsh or fish'
