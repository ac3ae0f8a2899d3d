//! A conversation between an assistant and a person who moves an appointment, in several languages.

use std::time::Duration;

use super::story::{Language, Mode, Story};
use crate::model::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    System,
    Assistant,
    User,
    Tool,
}

impl Role {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Assistant => "assistant",
            Self::User => "user",
            Self::Tool => "tool",
        }
    }
}

/// What a message has beside its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extra {
    None,
    /// The assistant looks for a free time.
    FindSlots,
    /// The booking fails.
    BookingFails,
    /// The booking works.
    Booking,
    /// The person sends a file.
    File,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turn {
    pub role: Role,
    pub text: String,
    pub extra: Extra,
    /// From the start of the session.
    pub at: Duration,
}

const SCRIPT: [(Role, Extra); 13] = [
    (Role::System, Extra::None),
    (Role::Assistant, Extra::None),
    (Role::User, Extra::None),
    (Role::Tool, Extra::FindSlots),
    (Role::Assistant, Extra::None),
    (Role::User, Extra::File),
    (Role::Tool, Extra::BookingFails),
    (Role::Assistant, Extra::None),
    (Role::Tool, Extra::Booking),
    (Role::Assistant, Extra::None),
    (Role::User, Extra::None),
    (Role::Assistant, Extra::None),
    (Role::User, Extra::None),
];

/// Most messages of a conversation: more than half an hour.
const MAX_TURNS: usize = 400;
/// Bytes that a message takes on the average, with its frame.
const TURN_BYTES: usize = 260;

/// What a person is called, and what they want.
pub(super) struct Names {
    pub customer: &'static str,
    pub subject: &'static str,
}

pub(super) const fn names(language: Language) -> Names {
    let (customer, subject) = match language {
        Language::En => ("Emma Clarke", "dental check-up"),
        Language::Ru => ("Анна Соколова", "осмотр у стоматолога"),
        Language::Zh => ("林雅婷", "牙齒檢查"),
        Language::Es => ("Lucía Fernández", "revisión dental"),
        Language::De => ("Jürgen Weiß", "Zahnkontrolle"),
        Language::Ja => ("佐藤 美咲", "歯科検診"),
    };
    Names { customer, subject }
}

const fn texts(language: Language) -> [&'static str; 13] {
    match language {
        Language::En => [
            "The caller is a known customer: Emma Clarke. Appointments can be moved up to 24 hours ahead.",
            "Hello, this is the Harbour Dental Clinic. How can I help you?",
            "Hi! I have a check-up on Thursday, but I'd like to move it to Friday, if that's possible.",
            "find_slots",
            "On Friday there is room at 10:30 and at 15:00. Which one suits you?",
            "15:00, please. I am sending you my insurance card.",
            "book_slot",
            "The calendar takes a moment, please stay with me.",
            "book_slot",
            "Done: your check-up is on Friday at 15:00. I have added your insurance card to your file.",
            "Great, that was quick. Thank you!",
            "You are welcome. Have a nice day!",
            "Bye!",
        ],
        Language::Ru => [
            "Звонит известный клиент: Анна Соколова. Запись можно перенести не позднее чем за 24 часа.",
            "Здравствуйте! Клиника «Гавань», чем могу помочь?",
            "Добрый день! У меня осмотр в четверг, можно перенести его на пятницу? 🙂",
            "find_slots",
            "В пятницу свободно в 10:30 и в 15:00. Какое время вам подходит?",
            "Давайте в 15:00. Отправляю вам страховой полис.",
            "book_slot",
            "Календарь отвечает медленно, подождите, пожалуйста, ещё немного.",
            "book_slot",
            "Готово: осмотр в пятницу в 15:00. Полис добавлен в вашу карту.",
            "Отлично, так быстро. Спасибо!",
            "Пожалуйста! Хорошего дня.",
            "До свидания!",
        ],
        Language::Zh => [
            "來電者是已登記的客戶：林雅婷。預約最晚可在 24 小時前更改。",
            "您好，這裡是海港牙醫診所，請問需要什麼服務？",
            "您好！我星期四有預約檢查，可以改到星期五嗎？🙂",
            "find_slots",
            "星期五上午十點半和下午三點都有空檔，請問哪一個時間方便？",
            "下午三點，謝謝。我把健保卡的資料傳給您。",
            "book_slot",
            "系統回應比較慢，請稍等一下。",
            "book_slot",
            "已經改好了：星期五下午三點檢查，健保卡資料也已加入病歷。",
            "太好了，真快，謝謝您！",
            "不客氣，祝您有美好的一天！",
            "再見！",
        ],
        Language::Es => [
            "Llama una clienta conocida: Lucía Fernández. Las citas se pueden cambiar hasta 24 horas antes.",
            "Buenos días, Clínica Dental del Puerto. ¿En qué puedo ayudarle?",
            "¡Hola! Tengo una revisión el jueves y quisiera pasarla al viernes, si es posible 🙂",
            "find_slots",
            "El viernes hay hueco a las 10:30 y a las 15:00. ¿Cuál prefiere?",
            "A las 15:00, por favor. Le envío mi tarjeta del seguro.",
            "book_slot",
            "El calendario tarda un poco, no cuelgue, por favor.",
            "book_slot",
            "Listo: su revisión es el viernes a las 15:00. He añadido la tarjeta a su ficha.",
            "¡Qué rápido! Muchas gracias.",
            "De nada. ¡Que tenga un buen día!",
            "¡Adiós!",
        ],
        Language::De => [
            "Anrufer ist ein bekannter Kunde: Jürgen Weiß. Termine lassen sich bis 24 Stunden vorher verlegen.",
            "Guten Tag, Zahnarztpraxis am Hafen. Was kann ich für Sie tun?",
            "Hallo! Ich habe am Donnerstag eine Kontrolle und würde sie gern auf Freitag verlegen 🙂",
            "find_slots",
            "Am Freitag ist um 10:30 Uhr und um 15:00 Uhr etwas frei. Was passt Ihnen besser?",
            "15 Uhr, bitte. Ich schicke Ihnen meine Versicherungskarte.",
            "book_slot",
            "Der Kalender braucht einen Augenblick, bitte bleiben Sie dran.",
            "book_slot",
            "Erledigt: Ihre Kontrolle ist am Freitag um 15:00 Uhr. Die Karte liegt in Ihrer Akte.",
            "Prima, das ging schnell. Danke schön!",
            "Gern geschehen. Einen schönen Tag noch!",
            "Tschüss!",
        ],
        Language::Ja => [
            "お電話の方は登録済みのお客様です：佐藤 美咲様。予約の変更は24時間前まで可能です。",
            "お電話ありがとうございます。ハーバー歯科です。ご用件をどうぞ。",
            "こんにちは。木曜日の検診を金曜日に変更できますか？🙂",
            "find_slots",
            "金曜日は10時30分と15時が空いております。どちらがよろしいですか？",
            "15時でお願いします。保険証の画像を送ります。",
            "book_slot",
            "カレンダーの応答に少し時間がかかっております。少々お待ちください。",
            "book_slot",
            "変更いたしました。金曜日の15時に検診です。保険証もカルテに追加しました。",
            "早いですね。ありがとうございます！",
            "どういたしまして。よい一日を！",
            "失礼します。",
        ],
    }
}

fn turn_count(story: &Story) -> usize {
    story.size.map_or(SCRIPT.len(), |size| (size / TURN_BYTES).clamp(SCRIPT.len(), MAX_TURNS))
}

/// The script's message at that index: beginning and end once, the middle as often as needed.
fn place(at: usize, count: usize) -> usize {
    let (first, last) = (2, 3);
    if at < first {
        at
    } else if at + last >= count {
        SCRIPT.len() + at - count
    } else {
        first + (at - first) % (SCRIPT.len() - first - last)
    }
}

/// The pause before a message: people read, think and talk, tools work.
fn pause(story: &Story, at: usize, count: usize) -> Duration {
    let usual = match SCRIPT[place(at, count)].0 {
        Role::System => 0,
        Role::Tool => 900,
        Role::Assistant => 2_400,
        Role::User => 5_200,
    };
    let factor = if story.mode == Mode::Text { 2 } else { 1 };
    let more = if usual == 0 { 0 } else { story.number(&format!("pause {at}"), 1_700) };
    Duration::from_millis((usual + more) * factor)
}

impl Story {
    /// How long the session lasts, in whole seconds: as long as its conversation.
    pub(crate) fn duration(&self) -> Duration {
        let count = turn_count(self);
        let talk: Duration = (0..count).map(|at| pause(self, at, count)).sum();
        Duration::from_secs(talk.as_secs() + 2)
    }

    /// When the session began.
    pub(crate) fn started(&self) -> Timestamp {
        self.ended.minus(self.duration())
    }
}

/// The messages. `fill` is about how many bytes longer than usual they are in total.
pub(super) fn turns(story: &Story, fill: usize) -> Vec<Turn> {
    let count = turn_count(story);
    let texts = texts(story.language);
    let mut at = Duration::ZERO;
    let spoken = (0..count).filter(|at| SCRIPT[place(*at, count)].0 != Role::Tool).count();
    (0..count)
        .map(|number| {
            at += pause(story, number, count);
            let place = place(number, count);
            let (role, extra) = SCRIPT[place];
            let mut text = texts[place].to_owned();
            let more = if role == Role::Tool { 0 } else { fill / spoken.max(1) };
            // Whole sentences, so that no character is cut.
            while more > 0 && text.len() + 1 + texts[place].len() <= texts[place].len() + more {
                text.push(' ');
                text.push_str(texts[place]);
            }
            Turn { role, text, extra, at }
        })
        .collect()
}
