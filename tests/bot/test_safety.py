import pytest

from bot.safety import PatternScreen

# One screen for all examples: it holds no state between messages.
SCREEN = PatternScreen()

SURE = {
    "suicide_self_harm": [
        "i want to die",
        "I just want to kill myself",
        "i wanna kms",
        "feeling suicidal tonight",
        "im having sucidal thoughts",
        "ive been self harming again",
        "i dont want to be here anymore",
        "Everyone would be better off without me.",
        "I've got nothing to live for",
        "whats the quickest way to end it all",
        "my son says he wants to kill himself",
        "my mate keeps saying shes going to end her life",
        "ive took an overdose",
        "I'm scared I'll do something stupid",
        "the bills are piling up and honestly i dont want to wake up tomorrow",
        "ive no food in and the rent is due friday and the kids are hungry and i keep thinking about ending my life",
        "i wish i was dead",
        "i want 2 die",
        "I can't see any reason to live",
    ],
    "domestic_abuse": [
        "my husband hits me",
        "my bf beat me up last night",
        "he hits me and I've no money to leave",
        "I'm scared of my partner",
        "im frit of me ex boyfriend, he said hes gonna kill me",
        "i need a womens refuge",
        "fleeing domestic violence with two kids",
        "my sister's husband strangled her",
        "he wont let me leave the house",
        "my partner controls all my money and checks my phone",
        "my dad is forcing me to get married, forced marriage",
        "I'm in an abusive relationship",
        "my wife punches me when she is drunk",
        "too scared to go home",
        "I don't feel safe at home",
        "my son is violent to me",
    ],
    "violence": [
        "someone is trying to break my door down",
        "theres a man outside with a knife",
        "i've just been attacked",
        "the loan shark is threatening my kids",
        "lads are threatening to stab my son",
        "they said they will burn my house down",
        "i was raped",
        "my flat is on fire",
        "the neighbours threatened to kill me",
        "ive been mugged",
        "they took my passport and i am forced to work for nothing",
    ],
    "child_safety": [
        "my partner hits the kids",
        "my daughter is being abused",
        "my little boy has gone missing",
        "he touches my daughter",
        "next doors kids are left alone all night",
        "i'm scared i might hurt my baby",
        "im 14 and my dad hits me",
        "the kids haven't eaten for two days",
        "my nephew is being groomed",
        "my son hasn't come home",
        "she leaves the baby alone",
        "baby has had no milk since yesterday",
    ],
    "medical": [
        "i cant breathe",
        "my mum has chest pains",
        "nan has collapsed",
        "he wont wake up",
        "im diabetic and ive run out of insulin",
        "shes bleeding heavily",
        "my husband is having a stroke",
        "my oxygen machine will stop when the electric runs out",
        "i think im having a heart attack",
        "the baby is floppy and not breathing properly",
        "dads fallen and cant get up",
        "im pregnant and bleeding",
        "need an ambulance",
        "insulin is in the fridge and leccy is about to go",
    ],
    "gas_leak": [
        "i can smell gas",
        "theres a strong smell of gas in the kitchen",
        "house stinks of gas",
        "gas leak!!",
        "I think there is a gass leek",
        "the carbon monoxide alarm is going off",
        "co alarm keeps beeping",
        "boiler is giving us all headaches, i feel sick near the boiler",
        "there's a hissing noise from the gas meter",
        "smells like rotten eggs by the cooker",
    ],
}

UNSURE = [
    "i cant cope anymore",
    "i feel hopeless",
    "whats the point",
    "im at the end of my tether",
    "my partner keeps shouting at me",
    "i need to leave my husband",
    "im worried about the kids next door",
    "my neighbour keeps banging and shouting",
    "ive run out of my medication",
    "the kids have not eaten today",
    "im not suicidal but im so low",
    "my brother killed himself two years ago",
    "funny smell near the boiler",
    "we have no heating and a newborn",
]

ORDINARY = [
    "ive got nothing in for tea and the leccy is about to run out, im in Harehills with two kids",
    "i need a food parcel",
    "my meter has run out and i cant top up",
    "can't pay the rent this month",
    "landlord is threatening to evict me",
    "got an eviction notice for 3rd December",
    "bailiffs threatening to come round about council tax",
    "need a cooker and a bed",
    "where can i get nappies",
    "my benefits have been sanctioned",
    "the house is damp and there is mould on the walls",
    "i need help with my gas and electric bill",
    "can somebody show me how to use email",
    "I need free wifi for my daughter's homework",
    "im lonely since my wife moved into a care home",
    "next need please",
    "LS9 6AB",
    "yes",
    "thank you so much",
    "my ex doesn't pay maintenance",
    "broken boiler and the council wont fix it",
    "my kids need school uniform",
    "sofa surfing at my mates",
    "nothing until payday",
    "pension credit for my dad",
    "i am homeless tonight",
    "what do you keep about me",
    "my son needs a laptop for college",
    "the roof is leaking",
    "is the library open on saturday",
]

HARD = [
    "this bill is killing me",
    "these bills are killing us",
    "my back is killing me and the bed is broken",
    "gas bill",
    "the gas has run out",
    "how do I read my gas meter",
    "i need a gas safety certificate from my landlord",
    "my phone died",
    "phone is about to die and ive no charger",
    "my laptop is dead",
    "dying for a brew",
    "im dying to get out of this flat",
    "could murder a cup of tea",
    "nearly had a heart attack when i saw the bill",
    "the price rise gave me a heart attack",
    "worried to death about rent",
    "freezing to death in here, the boiler broke",
    "starving! when does the cafe open",
    "the bills hit us hard this winter",
    "inflation is hitting me hard",
    "ceiling has collapsed in the bathroom",
    "my washing machine died",
    "bleeding radiators, how do i do it",
    "the boiler is bleeding useless",
    "wife will kill me if the telly goes off",
    "where do i get a shot for flu",
    "give it a shot",
    "i need to kill time till the hub opens",
    "the sofa doesnt fit in the flat",
    "my mum will kill me if i miss the appointment",
    "do you have a suicide prevention leaflet to hand out",
    "dead end job and no money",
    "the mouse is dead but there are more",
    "i'm fighting the council over damp",
    "job centre is doing my head in",
    "cut off my electric",
    "my benefits got cut",
    "they cut me off",
    "hit with a big bill",
    "i need a knife and fork set for my new flat",
]


@pytest.mark.parametrize(("risk", "text"), [(risk, text) for risk, texts in SURE.items() for text in texts])
def test_plain_danger_is_sure_and_of_the_right_class(risk: str, text: str):
    found = SCREEN.screen(text)
    assert (found.level, risk in found.risks) == ("sure", True), found


@pytest.mark.parametrize("text", UNSURE)
def test_what_may_be_danger_is_unsure(text: str):
    assert SCREEN.screen(text).level == "unsure"


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_needs_raise_no_alarm(text: str):
    assert SCREEN.screen(text).level == "none"


@pytest.mark.parametrize("text", HARD)
def test_everyday_sayings_are_never_sure(text: str):
    assert SCREEN.screen(text).level != "sure"


def test_few_everyday_sayings_are_even_flagged():
    flagged = [text for text in HARD if SCREEN.screen(text).level != "none"]
    assert len(flagged) <= len(HARD) * 0.2, flagged


@pytest.mark.parametrize(
    "text",
    [
        "I CAN’T BREATHE",
        "i  can't   breathe!!!",
        "i cant breeeathe",
        "I can\u2019t br\u200beathe",
        "ｉ ｃａｎｔ ｂｒｅａｔｈｅ",
    ],
)
def test_spelling_case_and_hidden_characters_make_no_difference(text: str):
    assert SCREEN.screen(text).risk == "medical"


def test_two_dangers_in_one_message_are_both_seen_the_most_pressing_first():
    assert SCREEN.screen("my husband hit me and i cant breathe").risks == ("medical", "domestic_abuse")


@pytest.mark.parametrize("text", ["", "   ", "😀", "مرحبا", "\x00", "." * 2000])
def test_texts_without_words_raise_no_alarm(text: str):
    assert SCREEN.screen(text).level == "none"


@pytest.mark.parametrize(
    "hostile",
    ["he " * 660, "my " * 660, "want to " * 250, "gas is " * 280, "the kids " * 220, "i " * 1000,
     "no food and a baby " * 99,
     "a" * 2000, "my husband is very " * 105, "threatening " * 166, "not eaten insulin meter " * 83, "no " * 660],
)  # fmt: skip
def test_no_message_of_two_thousand_characters_takes_long(hostile: str, benchmark_seconds):
    assert benchmark_seconds(lambda: SCREEN.screen(hostile)) < 0.25
